/* Reading a stretch of a blob, slot by slot: see target/smb_wire.h. */

#include <errno.h>
#include <fcntl.h>
#include <libsmbclient.h>
#include <stdlib.h>

#include "smb/smb_acts.h"

/* Waits until the slot with this number can be filled. */
static int await_free(struct smb_asker *asker, uint64_t slot, uint64_t *freed,
		      struct bk_err *err)
{
	while (slot - *freed >= BK_SMB_SLOTS) {
		struct bk_cursor fields;
		enum bk_smb_type type;
		int rc = bk_smb_receive(&asker->wire, &type, &fields, err);
		if (rc < 0)
			return -1;
		if (rc == 0 || type != BK_SMB_FREE)
			return bk_fail(err, BK_LOST, "bk-smb: nobody reads");
		++*freed;
	}
	return 0;
}

static int fill(int fd, uint8_t *slot, size_t len, struct bk_err *err)
{
	while (len) {
		ssize_t n = smbc_read(fd, slot, len);
		if (n < 0)
			return smb_session_fail("read", err);
		if (n == 0 || (size_t)n > len)
			return bk_fail(err, BK_CORRUPT,
				       "it is shorter than it was");
		slot += n;
		len -= (size_t)n;
	}
	return 0;
}

static int say_full(struct smb_asker *asker, size_t len, struct bk_err *err)
{
	struct bk_buf message = {0};

	bk_buf_add_u8(&message, BK_SMB_FULL);
	bk_buf_add_u32(&message, (uint32_t)len);
	int rc = bk_smb_send(&asker->wire, &message, err);
	bk_buf_clear(&message);
	return rc;
}

static int send_bytes(struct smb_session *session, struct smb_asker *asker,
		      int fd, uint64_t len, struct bk_err *err)
{
	uint64_t freed = 0;

	for (uint64_t slot = 0; len; slot++) {
		uint8_t *at = asker->slots + slot % BK_SMB_SLOTS * BK_SMB_SLOT;
		size_t n = len < BK_SMB_SLOT ? (size_t)len : BK_SMB_SLOT;
		if (await_free(asker, slot, &freed, err) < 0 ||
		    fill(fd, at, n, err) < 0 || say_full(asker, n, err) < 0)
			return -1;
		session->moved = true;
		len -= n;
	}
	return bk_smb_say(&asker->wire, BK_SMB_DONE, err);
}

/* Its size is looked at first: a stretch that is not all there is found before
 * a byte of it is handed on. */
static int check_size(int fd, uint64_t offset, uint64_t len, struct bk_err *err)
{
	struct stat st;

	if (smbc_fstat(fd, &st) < 0)
		return smb_session_fail("look", err);
	uint64_t size = (uint64_t)st.st_size;
	if (offset > size || len > size - offset)
		return bk_fail(
			err, BK_CORRUPT,
			"%ju bytes from %ju on are not there: it has %ju",
			(uintmax_t)len, (uintmax_t)offset, (uintmax_t)size);
	if (smbc_lseek(fd, (off_t)offset, SEEK_SET) < 0)
		return smb_session_fail("seek", err);
	return 0;
}

static int open_blob(const struct smb_session *session, const char *url,
		     struct bk_err *err)
{
	SMBCCTX *context = smbc_set_context(NULL);

	smbc_setOptionOpenShareMode(context, SMBC_SHAREMODE_DENY_NONE);
	int fd = smbc_open(url, O_RDONLY, 0);
	if (fd >= 0)
		return fd;
	if (errno == EISDIR)
		return bk_fail(err, BK_CORRUPT, "is not a regular file");
	return smb_session_fail_at(session, "open", err);
}

int smb_act_get(struct smb_session *session, struct smb_asker *asker,
		struct bk_cursor *fields, struct bk_err *err)
{
	uint64_t offset = bk_cursor_u64(fields);
	uint64_t len = bk_cursor_u64(fields);
	char *name = smb_act_name(fields, err);

	if (!name)
		return -1;
	char *url = smb_session_url(session, name, "");
	int fd = open_blob(session, url, err);
	int rc = fd < 0 ? -1 : check_size(fd, offset, len, err);
	if (rc == 0)
		rc = send_bytes(session, asker, fd, len, err);
	if (fd >= 0)
		(void)smbc_close(fd);
	free(url);
	free(name);
	return rc;
}
