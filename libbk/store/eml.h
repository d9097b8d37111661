/*
 * Mail as single files for people and other programs, RFC 5322 text each, as a
 * tree (eml:DIR) or in one archive (tar:FILE, zip:FILE).  It can be written and
 * added to, not read as a store: what a file cannot say is lost.
 *
 *	ann@a.example/Projects/Rhine/20261119T123005-4711,FS.eml
 *
 * Account and folder by store/safe_name.h; the message's date in UTC, its UID
 * (or 16 digits that stand for its name where it has none), its flags as
 * Maildir's letters.  The file's time is the message's date.
 *
 * This is what the files of the driver share: eml.c has the names and the
 * messages, an outlet puts them somewhere.
 */

#ifndef BK_STORE_EML_H
#define BK_STORE_EML_H

#include <pthread.h>
#include <stdint.h>

#include "store/safe_name.h"
#include "store/store.h"

/* Where the files go.  Paths are relative, each level a safe name; any op but
 * end and close may be called by any thread. */
struct bk_eml_outlet {
	int (*dir)(struct bk_eml_outlet *to, const char *path,
		   struct bk_err *err);
	/* A new file of `size` bytes.  BK_EXISTS when there is one. */
	int (*put)(struct bk_eml_outlet *to, const char *path,
		   const struct bk_body *body, uint64_t size, int64_t date,
		   struct bk_err *err);
	/* The names of the files of a folder: messages, unsorted. */
	int (*list)(struct bk_eml_outlet *to, const char *path,
		    struct bk_message_list *out, struct bk_err *err);
	/* A file for reading, the caller's to close.  NULL: list() has none. */
	int (*open)(struct bk_eml_outlet *to, const char *path,
		    struct bk_err *err);
	int (*sync)(struct bk_eml_outlet *to, struct bk_err *err);
	/* All of it was put: it is there from now on.  NULL in a tree. */
	int (*end)(struct bk_eml_outlet *to, struct bk_err *err);
	/* Without an end() before it an archive is forgotten. */
	void (*close)(struct bk_eml_outlet *to);
};

/* DIR is made, open to nobody else, if need be. */
int bk_eml_tree_open(struct bk_eml_outlet **out, const char *dir,
		     struct bk_err *err);
/* Written to FILE.part; BK_MISUSE when FILE is there. */
int bk_eml_tar_open(struct bk_eml_outlet **out, const char *file,
		    struct bk_err *err);
int bk_eml_zip_open(struct bk_eml_outlet **out, const char *file,
		    struct bk_err *err);

struct bk_eml {
	struct bk_store store; /* first */
	char *where;
	struct bk_eml_outlet *outlet;
	pthread_mutex_t lock; /* of all that follows */
	struct bk_safe_paths paths;
	struct bk_folder_list begun; /* raw: its path */
};

static inline struct bk_eml *bk_eml_of(struct bk_store *store)
{
	return (struct bk_eml *)store;
}

/* ---- eml_write.c: ops ---- */

int bk_eml_begin(struct bk_store *store, const struct bk_account *account,
		 const struct bk_folder *folder, uint32_t uid_gap,
		 struct bk_folder_writer **out, struct bk_err *err);
int bk_eml_present(struct bk_folder_writer *writer, struct bk_message_list *out,
		   struct bk_err *err);
int bk_eml_append(struct bk_folder_writer *writer, const struct bk_message *msg,
		  struct bk_sink **out, struct bk_err *err);
int bk_eml_keep(struct bk_folder_writer *writer, struct bk_sink *sink,
		const struct bk_message *msg, struct bk_err *err);
void bk_eml_drop(struct bk_folder_writer *writer, struct bk_sink *sink);
int bk_eml_set_flags(struct bk_folder_writer *writer,
		     const struct bk_message *there,
		     const struct bk_message *want, struct bk_err *err);
int bk_eml_finish(struct bk_folder_writer *writer,
		  struct bk_folder_result *result, struct bk_err *err);
void bk_eml_abort(struct bk_folder_writer *writer);

/* The name of a message's file, without what a second one of that name gets:
 * "20261119T123005-4711,FS". */
void bk_eml_name(struct bk_buf *to, const struct bk_message *msg);

#endif
