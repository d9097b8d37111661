/* Messages between smb.c and its children: see smb_wire.h. */

#include "target/smb_wire.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/cancel.h"
#include "base/clock.h"

#define LOOK_MS  500  /* how often the flag of base/cancel.h is looked at */
#define GRACE_MS 5000 /* after it was set */

/* Who is asked to stop waits for a few more seconds at most. */
static void look_at_flag(int64_t *end, bool *asked)
{
	int64_t soon = bk_clock_monotonic_ms() + GRACE_MS;

	if (*asked || !bk_cancel_wanted())
		return;
	*asked = true;
	if (soon < *end)
		*end = soon;
}

static int poll_one(int fd, short events, int64_t left_ms)
{
	struct pollfd fds = {fd, events, 0};

	if (left_ms > LOOK_MS)
		left_ms = LOOK_MS;
	int n = poll(&fds, 1, left_ms > 0 ? (int)left_ms : 0);
	return n < 0 && errno == EINTR ? 0 : n;
}

/* Until one of the events, or the end of the other side. */
static int await(struct bk_smb_wire *wire, short events, struct bk_err *err)
{
	int64_t end = INT64_MAX, left;
	bool asked = false;
	int n;

	if (wire->timeout_ms >= 0)
		end = bk_clock_monotonic_ms() + wire->timeout_ms;
	do {
		look_at_flag(&end, &asked);
		left = end - bk_clock_monotonic_ms();
		n = poll_one(wire->fd, events, left);
	} while (n == 0 && left > 0);
	if (n > 0)
		return 0;
	if (n < 0)
		return bk_fail_errno(err, "poll");
	if (asked)
		return bk_fail(err, BK_CANCELLED, "interrupted");
	return bk_fail(err, BK_LOST, "nothing happened for %d s",
		       wire->timeout_ms / 1000);
}

int bk_smb_send(struct bk_smb_wire *wire, struct bk_buf *message,
		struct bk_err *err)
{
	ssize_t n;

	do {
		if (await(wire, POLLOUT, err) < 0)
			return -1;
		n = send(wire->fd, message->data, message->len,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	message->len = 0;
	if (n >= 0)
		return 0;
	(void)bk_fail_errno(err, "bk-smb takes no requests");
	err->kind = BK_LOST;
	return -1;
}

int bk_smb_say(struct bk_smb_wire *wire, enum bk_smb_type type,
	       struct bk_err *err)
{
	struct bk_buf message = {0};

	bk_buf_add_u8(&message, (uint8_t)type);
	int rc = bk_smb_send(wire, &message, err);
	bk_buf_clear(&message);
	return rc;
}

int bk_smb_receive(struct bk_smb_wire *wire, enum bk_smb_type *type,
		   struct bk_cursor *fields, struct bk_err *err)
{
	ssize_t n;

	do {
		if (await(wire, POLLIN, err) < 0)
			return -1;
		n = recv(wire->fd, wire->room, BK_SMB_MESSAGE_MAX,
			 MSG_DONTWAIT | MSG_TRUNC);
		/* The other side ended with something of ours unread; what it
		 * said before comes next, or the end. */
	} while (n < 0 &&
		 (errno == EINTR || errno == EAGAIN || errno == ECONNRESET));
	if (n == 0)
		return 0;
	if (n < 0)
		return bk_fail_errno(err, "recv");
	if ((size_t)n > BK_SMB_MESSAGE_MAX)
		return bk_fail(err, BK_LOST, "a message of %zd bytes", n);
	*fields = bk_cursor_over(wire->room, (size_t)n);
	*type = (enum bk_smb_type)bk_cursor_u8(fields);
	return 1;
}
