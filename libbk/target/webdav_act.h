/*
 * What a WebDAV target asks of its server, an act each: what webdav.c and
 * webdav_put.c are made of.  Names are those of blobs or folders of the target,
 * "" its own folder.  Every act takes a line of its own, so that several
 * threads may use the target.
 */

#ifndef BK_TARGET_WEBDAV_ACT_H
#define BK_TARGET_WEBDAV_ACT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "net/link.h"
#include "target/multistatus.h"
#include "target/target.h"

struct bk_webdav {
	struct bk_target target;
	struct bk_link *link;
	const struct bk_url *url;
	atomic_bool plain;       /* no WebDAV: files to read */
	atomic_bool unsettled;   /* whether it is: target/webdav_look.h */
	atomic_bool one_stretch; /* it sends no two by one request */

	pthread_mutex_t lock; /* of all below */
	long auth;            /* CURLAUTH_..., what the server asks for */
	bool keeps_names;     /* it renames nothing */
	struct bk_buf marker; /* read at opening, for who reads it next */
	char **made;          /* folders that are there */
	size_t n, cap;
};

static inline struct bk_webdav *bk_webdav_of(struct bk_target *target)
{
	return (struct bk_webdav *)target;
}

/* Begins an act on this name; a folder's ends in '/'. */
void bk_webdav_to(struct bk_webdav *dav, struct bk_line *line,
		  const char *name);

/* What a PROPFIND asks, and what came of it. */
struct bk_webdav_ask {
	const char *folder;
	bool list; /* its entries too: */
	int (*found)(void *arg, const struct bk_entry *entry,
		     struct bk_err *err);
	void *arg;
	long status; /* out; 0: no answer */
	int64_t now; /* out: the server's time; 0: it did not say */
};

/* 1; 0: there is no such folder; -1. */
int bk_webdav_propfind(struct bk_webdav *dav, struct bk_webdav_ask *ask,
		       struct bk_err *err);

/* HEAD. */
int bk_webdav_size(struct bk_webdav *dav, const char *name, uint64_t *size,
		   struct bk_err *err);

/* DELETE of a file, never of a folder. */
int bk_webdav_delete(struct bk_webdav *dav, struct bk_line *line,
		     const char *name, struct bk_err *err);

/* Makes the target's own folder, and those above. */
int bk_webdav_make_root(struct bk_webdav *dav, struct bk_err *err);
/* Makes the folders that a blob lies in, unless it did before. */
int bk_webdav_make_parents(struct bk_webdav *dav, const char *name,
			   struct bk_err *err);
/* Folders that were there are not any more. */
void bk_webdav_forget_folders(struct bk_webdav *dav);

/* MOVE that overwrites nothing; *status 0 if no answer came, with *err. */
int bk_webdav_move(struct bk_webdav *dav, const char *from, const char *to,
		   long *status, struct bk_err *err);

/* BK_DENIED: what is there can only be read, and what to do. */
int bk_webdav_fail_reading(struct bk_err *err);

#endif
