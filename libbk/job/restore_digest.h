/* The digest of a message that a store gave, as sets have it. */

#ifndef BK_JOB_RESTORE_DIGEST_H
#define BK_JOB_RESTORE_DIGEST_H

#include "base/buf.h"
#include "base/err.h"
#include "crypto/digester.h"
#include "mail/message.h"
#include "store/store.h"

/* `copy` is room that is used again. */
int bk_restore_digest(struct bk_digester *digester, struct bk_body *body,
		      struct bk_buf *copy, uint8_t digest[BK_DIGEST_LEN],
		      struct bk_err *err);

#endif
