/* Listing, looking, removing: see smb_acts.h. */

#include "smb/smb_acts.h"

#include <errno.h>
#include <fcntl.h>
#include <libsmbclient.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* A longer entry than any server has fits into what is left. */
#define ENTRIES_FULL    (BK_SMB_MESSAGE_MAX - 4096)
#define NAME_MAX_SMB    1024

#define REMOVE_TRIES    10
#define REMOVE_PAUSE_NS 100000000

char *smb_act_name(struct bk_cursor *fields, struct bk_err *err)
{
	char *name = bk_cursor_string(fields);

	if (name && !bk_cursor_left(fields) && *name != '/' &&
	    !strstr(name, ".."))
		return name;
	free(name);
	(void)bk_fail(err, BK_FAILED, "bk-smb: no such request");
	return NULL;
}

static void add_entry(struct bk_buf *message, const char *name,
		      const struct stat *st)
{
	bk_buf_add_u8(message, S_ISDIR(st->st_mode));
	bk_buf_add_u64(message,
		       S_ISDIR(st->st_mode) ? 0 : (uint64_t)st->st_size);
	bk_buf_add_zigzag(message, (int64_t)st->st_mtim.tv_sec);
	bk_buf_add_string(message, name);
}

/* An open folder was read to its end by libsmbclient, or not opened. */
static int send_entries(int folder, struct smb_asker *asker, struct bk_err *err)
{
	const struct libsmb_file_info *entry;
	struct bk_buf message = {0};
	struct stat st;
	int rc = 0;

	while (rc == 0 && (entry = smbc_readdirplus2((unsigned)folder, &st))) {
		if (strlen(entry->name) > NAME_MAX_SMB)
			continue;
		if (!message.len)
			bk_buf_add_u8(&message, BK_SMB_ENTRIES);
		add_entry(&message, entry->name, &st);
		if (message.len >= ENTRIES_FULL)
			rc = bk_smb_send(&asker->wire, &message, err);
	}
	if (rc == 0 && message.len)
		rc = bk_smb_send(&asker->wire, &message, err);
	bk_buf_clear(&message);
	return rc;
}

int smb_act_list(struct smb_session *session, struct smb_asker *asker,
		 struct bk_cursor *fields, struct bk_err *err)
{
	char *name = smb_act_name(fields, err);

	if (!name)
		return -1;
	char *url = smb_session_url(session, name, "");
	int folder = smbc_opendir(url);
	int rc = folder < 0 ? smb_session_fail_at(session, "list", err)
			    : send_entries(folder, asker, err);
	if (folder >= 0)
		(void)smbc_closedir(folder);
	free(url);
	free(name);
	return rc < 0 ? -1 : bk_smb_say(&asker->wire, BK_SMB_DONE, err);
}

static int send_number(struct smb_asker *asker, uint64_t number,
		       struct bk_err *err)
{
	struct bk_buf message = {0};

	bk_buf_add_u8(&message, BK_SMB_NUMBER);
	bk_buf_add_u64(&message, number);
	int rc = bk_smb_send(&asker->wire, &message, err);
	bk_buf_clear(&message);
	return rc;
}

int smb_act_stat(struct smb_session *session, struct smb_asker *asker,
		 struct bk_cursor *fields, struct bk_err *err)
{
	char *name = smb_act_name(fields, err);
	struct stat st;
	int rc = 0;

	if (!name)
		return -1;
	char *url = smb_session_url(session, name, "");
	if (smbc_stat(url, &st) < 0)
		rc = smb_session_fail_at(session, "look", err);
	else if (!S_ISREG(st.st_mode))
		rc = bk_fail(err, BK_CORRUPT, "is not a regular file");
	free(url);
	free(name);
	return rc < 0 ? -1 : send_number(asker, (uint64_t)st.st_size, err);
}

/* It is opened with intent to cut it, and written to: some server only looks at
 * its clock then. */
static int touch(const char *url, struct stat *st, struct bk_err *err)
{
	int fd = smbc_open(url, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		return smb_session_fail("create", err);
	ssize_t n = smbc_write(fd, "\n", 1);
	int number = errno;
	if (smbc_close(fd) < 0)
		return smb_session_fail("close", err);
	errno = number;
	if (n != 1)
		return smb_session_fail("write", err);
	return smbc_stat(url, st) < 0 ? smb_session_fail("look", err) : 0;
}

int smb_act_clock(struct smb_session *session, struct smb_asker *asker,
		  struct bk_cursor *fields, struct bk_err *err)
{
	char *name = smb_act_name(fields, err);
	struct stat st = {0};

	if (!name)
		return -1;
	char *url = smb_session_url(session, name, "");
	int rc = touch(url, &st, err);
	(void)smbc_unlink(url);
	free(url);
	free(name);
	return rc < 0 ? -1
		      : send_number(asker, (uint64_t)st.st_mtim.tv_sec, err);
}

/* A folder that became empty goes, too; another writer may fill it. */
static void remove_parent(const struct smb_session *session, char *name)
{
	char *slash = strrchr(name, '/');

	if (!slash)
		return;
	*slash = 0;
	char *url = smb_session_url(session, name, "");
	(void)smbc_rmdir(url);
	free(url);
}

/* A server that is busy may still count a reader that has closed it. */
static int remove_file(const char *url)
{
	const struct timespec pause = {.tv_nsec = REMOVE_PAUSE_NS};
	int rc = smbc_unlink(url);

	for (int n = 1; n < REMOVE_TRIES && rc < 0 && errno == EBUSY; n++) {
		(void)nanosleep(&pause, NULL);
		rc = smbc_unlink(url);
	}
	return rc;
}

int smb_act_remove(struct smb_session *session, struct smb_asker *asker,
		   struct bk_cursor *fields, struct bk_err *err)
{
	char *name = smb_act_name(fields, err);

	if (!name)
		return -1;
	char *url = smb_session_url(session, name, "");
	int rc = remove_file(url);
	if (rc < 0)
		(void)smb_session_fail_at(session, "remove", err);
	else
		remove_parent(session, name);
	free(url);
	free(name);
	return rc < 0 ? -1 : bk_smb_say(&asker->wire, BK_SMB_DONE, err);
}
