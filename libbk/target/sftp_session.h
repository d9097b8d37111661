/* What the parts of the SFTP driver share: see sftp.h. */

#ifndef BK_TARGET_SFTP_SESSION_H
#define BK_TARGET_SFTP_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/link.h"
#include "net/ssh.h"
#include "target/target.h"

struct bk_sftp {
	struct bk_target target;
	const struct bk_url *url;
	struct bk_link *link;
	struct bk_ssh ssh;
	atomic_bool keeps_names; /* an append-only login: see bk-format(5);
				    learned */
};

static inline struct bk_sftp *bk_sftp_of(struct bk_target *target)
{
	return (struct bk_sftp *)target;
}

/* Aims a line at a name below the folder, "" for itself; `end` is "/" for what
 * is to be listed. */
void bk_sftp_aim(const struct bk_sftp *sftp, struct bk_line *line,
		 const char *name, const char *end);

/*
 * Carries an act out.  When a connection breaks, libssh2 may give the reason of
 * something earlier, and libcurl makes "not there" or "wrong password" of it:
 * that counts only when it is said twice.
 */
int bk_sftp_run(struct bk_line *line, struct bk_err *err);

/* Runs "rename" or another command on one or two names below the folder. */
int bk_sftp_command(struct bk_sftp *sftp, struct bk_line *line,
		    const char *verb, const char *const names[2],
		    struct bk_err *err);
int bk_sftp_remove_name(struct bk_sftp *sftp, const char *name,
			struct bk_err *err);

/* ---- sftp_list ---- */

/* What the server lists of a folder: 1; 0: there is none such; -1. */
int bk_sftp_read_folder(struct bk_sftp *sftp, const char *folder,
			struct bk_buf *text, struct bk_err *err);
int bk_sftp_list(struct bk_target *target, const char *folder,
		 struct bk_blob_list *out, struct bk_err *err);
/* By its entry among those of its folder: libcurl has no other way to ask. */
int bk_sftp_find_size(struct bk_sftp *sftp, const char *name, uint64_t *size,
		      struct bk_err *err);

int bk_sftp_sweep(struct bk_target *target, int64_t older_s,
		  bool (*ours)(const char *name), struct bk_err *err);

/* ---- sftp_get ---- */

int bk_sftp_get(struct bk_target *target, const char *name, uint64_t offset,
		uint64_t len, struct bk_sink *to, struct bk_err *err);
/* Has the file this very size?  BK_LOST if not. */
int bk_sftp_check_size(struct bk_sftp *sftp, const char *name, uint64_t size,
		       struct bk_err *err);

/* ---- sftp_put ---- */

int bk_sftp_put_begin(struct bk_target *target, const char *name,
		      uint64_t length, struct bk_put **out, struct bk_err *err);
int bk_sftp_put_write(struct bk_put *put, const void *data, size_t len,
		      struct bk_err *err);
int bk_sftp_put_commit(struct bk_put *put, struct bk_err *err);
void bk_sftp_put_abort(struct bk_put *put);

#endif
