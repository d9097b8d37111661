/* Puts and gets: see smb_transfer.h, and smb_wire.h for what is said. */

#include "target/smb_transfer.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"

struct smb_put {
	struct bk_put put;
	struct bk_smb_child *child; /* NULL when it was ended */
	char *name;
	uint64_t expected; /* bytes, or BK_LENGTH_UNKNOWN */
	uint64_t written;
	uint64_t sent, freed; /* slots so far */
	size_t fill;          /* bytes in the next one */
};

static struct smb_put *smb_put_of(struct bk_put *put)
{
	return (struct smb_put *)put;
}

int bk_smb_failed_at(const struct bk_target *target, const char *name,
		     struct bk_err *err)
{
	return bk_context(err, "%s%s%s", target->where, *name ? "/" : "", name);
}

/* Sends a request whose last field is a name. */
int bk_smb_ask(struct bk_smb_child *child, struct bk_buf *request,
	       const char *name, struct bk_err *err)
{
	bk_buf_add_string(request, name);
	int rc = bk_smb_send(&child->wire, request, err);
	bk_buf_clear(request);
	return rc;
}

/* ---- putting ---- */

static void put_free(struct smb_put *put)
{
	bk_smb_child_end(put->child);
	free(put->name);
	free(put);
}

int bk_smb_put_begin(struct bk_target *target, const char *name,
		     uint64_t length, struct bk_put **out, struct bk_err *err)
{
	struct bk_smb_pool *pool = &bk_smb_of(target)->pool;
	struct bk_smb_child *child = NULL;
	struct bk_buf request = {0};

	if (bk_smb_pool_take(pool, &child, err) < 0)
		return bk_smb_failed_at(target, name, err);
	bk_buf_add_u8(&request, BK_SMB_PUT);
	int rc = bk_smb_ask(child, &request, name, err);
	if (rc == 0)
		rc = bk_smb_child_expect(child, BK_SMB_DONE, err);
	if (rc < 0) {
		(void)bk_smb_pool_give(pool, child, rc, false, err);
		return bk_smb_failed_at(target, name, err);
	}
	struct smb_put *put = bk_alloc(sizeof(*put));
	put->put.target = target;
	put->child = child;
	put->name = bk_strdup(name);
	put->expected = length;
	*out = &put->put;
	return 0;
}

/* The child has removed what there was, or could not. */
static int put_failed(struct smb_put *put, struct bk_err *err)
{
	struct bk_target *target = put->put.target;

	if (put->child)
		(void)bk_smb_pool_give(&bk_smb_of(target)->pool, put->child, -1,
				       true, err);
	put->child = NULL;
	return bk_smb_failed_at(target, put->name, err);
}

static int send_slot(struct smb_put *put, struct bk_err *err)
{
	struct bk_buf message = {0};

	bk_buf_add_u8(&message, BK_SMB_FULL);
	bk_buf_add_u32(&message, (uint32_t)put->fill);
	int rc = bk_smb_send(&put->child->wire, &message, err);
	bk_buf_clear(&message);
	put->fill = 0;
	put->sent++;
	return rc;
}

/* Until no more than so many slots are with the child. */
static int await_free(struct smb_put *put, uint64_t most, struct bk_err *err)
{
	while (put->sent - put->freed > most) {
		if (bk_smb_child_expect(put->child, BK_SMB_FREE, err) < 0)
			return -1;
		put->freed++;
	}
	return 0;
}

static int add(struct smb_put *put, const uint8_t *data, size_t len,
	       struct bk_err *err)
{
	while (len) {
		size_t n = BK_SMB_SLOT - put->fill;
		n = len < n ? len : n;
		if (!put->fill && await_free(put, BK_SMB_SLOTS - 1, err) < 0)
			return -1;
		memcpy(bk_smb_child_slot(put->child, put->sent) + put->fill,
		       data, n);
		put->fill += n;
		data += n;
		len -= n;
		if (put->fill == BK_SMB_SLOT && send_slot(put, err) < 0)
			return -1;
	}
	return 0;
}

static int ended_before(struct bk_err *err)
{
	return bk_fail(err, BK_LOST, "the upload ended before");
}

int bk_smb_put_write(struct bk_put *base, const void *data, size_t len,
		     struct bk_err *err)
{
	struct smb_put *put = smb_put_of(base);

	if (!put->child) {
		(void)ended_before(err);
		return put_failed(put, err);
	}
	/* The upload itself is not broken: it can be aborted in good order. */
	if (put->expected != BK_LENGTH_UNKNOWN &&
	    len > put->expected - put->written) {
		(void)bk_fail(err, BK_MISUSE, "more than %ju bytes",
			      (uintmax_t)put->expected);
		return bk_smb_failed_at(base->target, put->name, err);
	}
	if (add(put, data, len, err) < 0)
		return put_failed(put, err);
	put->written += len;
	return 0;
}

/* Ends the put in good order: with this message, which is answered. */
static int finish(struct smb_put *put, struct bk_buf *message,
		  struct bk_err *err)
{
	int rc = bk_smb_send(&put->child->wire, message, err);

	bk_buf_clear(message);
	if (rc == 0)
		rc = await_free(put, 0, err);
	if (rc == 0)
		rc = bk_smb_child_expect(put->child, BK_SMB_DONE, err);
	if (rc < 0)
		return put_failed(put, err);
	struct bk_smb_child *child = put->child;
	put->child = NULL;
	return bk_smb_pool_give(&bk_smb_of(put->put.target)->pool, child, 0,
				false, err);
}

void bk_smb_put_abort(struct bk_put *base)
{
	struct smb_put *put = smb_put_of(base);
	struct bk_buf message = {0};
	struct bk_err ignored = {0};

	bk_buf_add_u8(&message, BK_SMB_ABORT);
	if (put->child)
		(void)finish(put, &message, &ignored);
	bk_buf_clear(&message);
	put_free(put);
}

static int commit(struct smb_put *put, struct bk_err *err)
{
	struct bk_buf message = {0};

	if (put->fill && send_slot(put, err) < 0)
		return put_failed(put, err);
	bk_fault("smb: sent, without its name");
	bk_buf_add_u8(&message, BK_SMB_COMMIT);
	bk_buf_add_u64(&message, put->written);
	return finish(put, &message, err);
}

int bk_smb_put_commit(struct bk_put *base, struct bk_err *err)
{
	struct smb_put *put = smb_put_of(base);
	int rc;

	if (put->expected != BK_LENGTH_UNKNOWN &&
	    put->expected != put->written) {
		(void)bk_fail(err, BK_MISUSE, "%ju bytes written, not %ju",
			      (uintmax_t)put->written,
			      (uintmax_t)put->expected);
		(void)bk_smb_failed_at(base->target, put->name, err);
		bk_smb_put_abort(base);
		return -1;
	}
	if (put->child) {
		rc = commit(put, err);
	} else {
		(void)ended_before(err);
		rc = put_failed(put, err);
	}
	put_free(put);
	return rc;
}

/* ---- getting ---- */

/* One slot of bytes; 1, or 0 at the end of the stretch. */
static int take_slot(struct bk_smb_child *child, uint64_t number, uint64_t left,
		     struct bk_view *out, struct bk_err *err)
{
	struct bk_cursor fields;
	enum bk_smb_type type;

	if (bk_smb_child_answer(child, &type, &fields, err) < 0)
		return -1;
	if (type == BK_SMB_DONE && left == 0)
		return 0;
	size_t len = bk_cursor_u32(&fields);
	if (type != BK_SMB_FULL || fields.bad || len == 0 || len > left ||
	    len > BK_SMB_SLOT)
		return bk_smb_child_senseless(err);
	*out = (struct bk_view){bk_smb_child_slot(child, number), len};
	return 1;
}

static int take_bytes(struct bk_smb_child *child, uint64_t len,
		      struct bk_sink *to, bool *moved, struct bk_err *err)
{
	for (uint64_t number = 0;; number++) {
		struct bk_view bytes = {0};
		int rc = take_slot(child, number, len, &bytes, err);
		if (rc <= 0)
			return rc;
		*moved = true;
		if (to->write(to, bytes.data, bytes.len, err) < 0 ||
		    bk_smb_say(&child->wire, BK_SMB_FREE, err) < 0)
			return -1;
		len -= bytes.len;
	}
}

int bk_smb_get(struct bk_target *target, const char *name, uint64_t offset,
	       uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	struct bk_smb_pool *pool = &bk_smb_of(target)->pool;
	struct bk_smb_child *child = NULL;
	struct bk_buf request = {0};
	bool moved = false;

	if (bk_smb_pool_take(pool, &child, err) < 0)
		return bk_smb_failed_at(target, name, err);
	bk_buf_add_u8(&request, BK_SMB_GET);
	bk_buf_add_u64(&request, offset);
	bk_buf_add_u64(&request, len);
	int rc = bk_smb_ask(child, &request, name, err);
	if (rc == 0)
		rc = take_bytes(child, len, to, &moved, err);
	if (bk_smb_pool_give(pool, child, rc, moved, err) < 0)
		return bk_smb_failed_at(target, name, err);
	return 0;
}
