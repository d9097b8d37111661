/* What the parts of the SFTP driver share: see sftp.h. */

#ifndef BK_TARGET_SFTP_SESSION_H
#define BK_TARGET_SFTP_SESSION_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/link.h"
#include "target/sftp_line.h"
#include "target/target.h"

struct bk_sftp {
	struct bk_target target;
	const struct bk_url *url;
	struct bk_link *link;
	pthread_mutex_t lock; /* of `idle` */
	struct bk_sftp_line *idle;
	atomic_bool keeps_names; /* an append-only login: see bk-format(5);
				    learned */
};

static inline struct bk_sftp *bk_sftp_of(struct bk_target *target)
{
	return (struct bk_sftp *)target;
}

/* A connection that was given back and still stands, or a new one; any
 * thread. */
int bk_sftp_take(struct bk_sftp *sftp, struct bk_sftp_line **out,
		 struct bk_err *err);
/* Back, or closed if it is broken; NULL is fine. */
void bk_sftp_give(struct bk_sftp *sftp, struct bk_sftp_line *line);

/* Makes the folders, below the repository's, in which a name lies, where they
 * are not there; who uses them finds out. */
int bk_sftp_make_folders(struct bk_sftp *sftp, struct bk_sftp_line *line,
			 const char *name, struct bk_err *err);

/* Size of a file, or BK_GONE.  A file is certainly not there only where the
 * folder of the repository is. */
int bk_sftp_find_size(struct bk_sftp_line *line, const char *name,
		      uint64_t *size, struct bk_err *err);
/* BK_FAILED instead of BK_GONE when that folder is gone, too. */
int bk_sftp_make_sure(struct bk_sftp_line *line, struct bk_err *err);

int bk_sftp_remove_name(struct bk_sftp_line *line, const char *name,
			struct bk_err *err);
/* Opens a file; `how` is of what open() has. */
enum {
	BK_SFTP_TO_READ = 0x01,
	BK_SFTP_TO_WRITE = 0x02 | 0x08 | 0x10, /* made, or emptied */
};
int bk_sftp_open_file(struct bk_sftp_line *line, const char *name, uint32_t how,
		      struct bk_buf *handle, struct bk_err *err);
/* Without waiting for what the server says to that. */
int bk_sftp_close_unheard(struct bk_sftp_line *line, struct bk_view handle,
			  struct bk_err *err);

/* ---- sftp_list ---- */

/* Is there a folder, and may we look into it? */
int bk_sftp_look_into(struct bk_sftp_line *line, struct bk_err *err);
int bk_sftp_list(struct bk_target *target, const char *folder,
		 struct bk_blob_list *out, struct bk_err *err);
int bk_sftp_sweep(struct bk_target *target, int64_t older_s,
		  bool (*ours)(const char *name), struct bk_err *err);

/* ---- sftp_get ---- */

int bk_sftp_get(struct bk_target *target, const char *name, uint64_t offset,
		uint64_t len, struct bk_sink *to, struct bk_err *err);

/* ---- sftp_put ---- */

int bk_sftp_put_begin(struct bk_target *target, const char *name,
		      uint64_t length, struct bk_put **out, struct bk_err *err);
int bk_sftp_put_write(struct bk_put *put, const void *data, size_t len,
		      struct bk_err *err);
int bk_sftp_put_commit(struct bk_put *put, struct bk_err *err);
void bk_sftp_put_abort(struct bk_put *put);

#endif
