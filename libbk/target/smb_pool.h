/* The processes of bk-smb that serve one SMB target: one for each act under
 * way; some wait for the next one.  Any thread. */

#ifndef BK_TARGET_SMB_POOL_H
#define BK_TARGET_SMB_POOL_H

#include <pthread.h>
#include <stddef.h>

#include "net/access.h"
#include "net/url.h"
#include "target/smb_child.h"

#define BK_SMB_IDLE_MAX 4

struct bk_smb_pool {
	struct bk_smb_login login; /* its texts are owned */
	struct bk_secret password;
	bool found; /* set when the folder is known to be there: its absence is
		       BK_LOST from then on */
	pthread_mutex_t lock;
	struct bk_smb_child *idle[BK_SMB_IDLE_MAX];
	size_t n_idle;
};

/* BK_MISUSE when the URL lacks what it takes to log in; starts nothing. */
int bk_smb_pool_init(struct bk_smb_pool *pool, const struct bk_url *url,
		     const struct bk_access *access, struct bk_err *err);
/* When no act is under way. */
void bk_smb_pool_clear(struct bk_smb_pool *pool);

/* A child that is the caller's until it is given back. */
int bk_smb_pool_take(struct bk_smb_pool *pool, struct bk_smb_child **out,
		     struct bk_err *err);
/* After an act that went well: rc is 0; or did not, with what *err says.  A
 * child that can be asked again is kept; after a lost one those that wait are
 * ended, too, for they have the same server.  `moved`: bytes of a blob were
 * under way when it failed.  Returns rc. */
int bk_smb_pool_give(struct bk_smb_pool *pool, struct bk_smb_child *child,
		     int rc, bool moved, const struct bk_err *err);

#endif
