/*
 * Writing a blob, slot by slot: see target/smb_wire.h.  It becomes NAME.part,
 * is closed, its size is asked for, and only then gets its name.
 */

#include <errno.h>
#include <fcntl.h>
#include <libsmbclient.h>
#include <stdlib.h>

#include "smb/smb_acts.h"

#define OPEN_TRIES 10

struct put {
	struct smb_session *session;
	struct smb_asker *asker;
	char *url;  /* of the blob */
	char *part; /* of what is written */
	int fd;     /* -1: closed */
	uint64_t written;
};

/* libsmbclient renames over a file by removing that first. */
static int check_absent(const struct put *put, struct bk_err *err)
{
	struct stat st;

	if (smbc_stat(put->url, &st) == 0)
		return bk_fail(err, BK_EXISTS,
			       "there is a blob of that name already");
	if (errno != ENOENT)
		return smb_session_fail("look", err);
	return 0;
}

/* Nobody else writes to it while it is open: not even the rest of a connection
 * that broke, of which the server may not know yet. */
static int create_part(struct put *put, const char *name)
{
	char tail[] = ".1.part";
	int number = EBUSY;

	for (int n = 0; n <= BK_SMB_MORE_PARTS && number == EBUSY; n++) {
		tail[1] = (char)('0' + n);
		free(put->part);
		put->part =
			smb_session_url(put->session, name, n ? tail : ".part");
		put->fd = smbc_open(put->part, O_WRONLY | O_CREAT | O_TRUNC,
				    0600);
		number = put->fd < 0 ? errno : 0;
	}
	errno = number;
	return number ? -1 : 0;
}

/* Its folders are made if need be; they may be taken away, empty, by somebody's
 * smb_act_remove(), and are made again. */
static int begin(struct put *put, const char *name, struct bk_err *err)
{
	struct bk_err why = {.kind = BK_GONE};

	smbc_setOptionOpenShareMode(smbc_set_context(NULL),
				    SMBC_SHAREMODE_DENY_WRITE);
	for (int n = 0; n < OPEN_TRIES && why.kind == BK_GONE; n++) {
		why = (struct bk_err){0};
		if (create_part(put, name) == 0)
			return check_absent(put, err);
		(void)smb_session_fail("create", &why);
		if (why.kind == BK_GONE)
			(void)smb_session_parents(put->session, name, &why);
	}
	*err = why;
	if (err->kind == BK_GONE)
		return bk_fail(err, BK_LOST,
			       "the folder of the repository is not there any "
			       "more");
	return -1;
}

static int write_slot(struct put *put, uint64_t number, size_t len,
		      struct bk_err *err)
{
	const uint8_t *at =
		put->asker->slots + number % BK_SMB_SLOTS * BK_SMB_SLOT;

	if (len > BK_SMB_SLOT)
		return bk_fail(err, BK_LOST, "bk-smb: no such request");
	while (len) {
		ssize_t n = smbc_write(put->fd, at, len);
		if (n <= 0 || (size_t)n > len)
			return smb_session_fail("write", err);
		at += n;
		len -= (size_t)n;
		put->written += (uint64_t)n;
	}
	return bk_smb_say(&put->asker->wire, BK_SMB_FREE, err);
}

static int close_part(struct put *put, struct bk_err *err)
{
	int fd = put->fd;

	put->fd = -1;
	return smbc_close(fd) < 0 ? smb_session_fail("close", err) : 0;
}

static int publish(struct put *put, uint64_t length, struct bk_err *err)
{
	struct stat st;

	if (close_part(put, err) < 0)
		return -1;
	if (smbc_stat(put->part, &st) < 0)
		return smb_session_fail("look", err);
	if ((uint64_t)st.st_size != length || put->written != length)
		return bk_fail(err, BK_LOST, "the server has %jd bytes of %ju",
			       (intmax_t)st.st_size, (uintmax_t)length);
	if (check_absent(put, err) < 0)
		return -1;
	return smbc_rename(put->part, put->url) < 0
		       ? smb_session_fail("rename", err)
		       : 0;
}

/* The next thing that is said: 1 when that was more bytes, 0 when it is the end
 * of them: then *length is that of the blob, or UINT64_MAX if there is to be
 * none. */
static int take_bytes(struct put *put, uint64_t number, uint64_t *length,
		      struct bk_err *err)
{
	struct bk_cursor fields;
	enum bk_smb_type type;
	int rc = bk_smb_receive(&put->asker->wire, &type, &fields, err);

	if (rc < 0)
		return -1;
	if (rc > 0 && (type == BK_SMB_ABORT || type == BK_SMB_COMMIT)) {
		*length = type == BK_SMB_COMMIT ? bk_cursor_u64(&fields)
						: UINT64_MAX;
		return 0;
	}
	if (rc == 0 || type != BK_SMB_FULL)
		return bk_fail(err, BK_LOST, "bk-smb: nobody writes");
	rc = write_slot(put, number, bk_cursor_u32(&fields), err);
	return rc < 0 ? -1 : 1;
}

/* Until the end of the put: 1 when it was published, 0 when it was aborted. */
static int move_bytes(struct put *put, struct bk_err *err)
{
	uint64_t number = 0, length = 0;
	int rc;

	if (bk_smb_say(&put->asker->wire, BK_SMB_DONE, err) < 0)
		return -1;
	put->session->moved = true;
	do
		rc = take_bytes(put, number++, &length, err);
	while (rc > 0);
	if (rc < 0 || length == UINT64_MAX)
		return rc;
	return publish(put, length, err) < 0 ? -1 : 1;
}

int smb_act_put(struct smb_session *session, struct smb_asker *asker,
		struct bk_cursor *fields, struct bk_err *err)
{
	struct put put = {.session = session, .asker = asker, .fd = -1};
	struct bk_err ignored = {0};
	char *name = smb_act_name(fields, err);

	if (!name)
		return -1;
	put.url = smb_session_url(session, name, "");
	int rc = begin(&put, name, err);
	bool made = put.fd >= 0;
	if (rc == 0)
		rc = move_bytes(&put, err);
	if (put.fd >= 0)
		(void)close_part(&put, &ignored);
	if (made && rc <= 0)
		(void)smbc_unlink(put.part);
	free(put.url);
	free(put.part);
	free(name);
	return rc < 0 ? -1 : bk_smb_say(&asker->wire, BK_SMB_DONE, err);
}
