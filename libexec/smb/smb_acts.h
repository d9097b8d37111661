/* What is asked of a login: each is one request of target/smb_wire.h, with its
 * answers.  -1 is an answer, too: the caller sends it. */

#ifndef BK_SMB_ACTS_H
#define BK_SMB_ACTS_H

#include "smb/smb_session.h"
#include "target/smb_wire.h"

/* The two ways to who asks. */
struct smb_asker {
	struct bk_smb_wire wire;
	uint8_t *slots;
};

int smb_act_list(struct smb_session *session, struct smb_asker *asker,
		 struct bk_cursor *fields, struct bk_err *err);
int smb_act_stat(struct smb_session *session, struct smb_asker *asker,
		 struct bk_cursor *fields, struct bk_err *err);
int smb_act_clock(struct smb_session *session, struct smb_asker *asker,
		  struct bk_cursor *fields, struct bk_err *err);
int smb_act_remove(struct smb_session *session, struct smb_asker *asker,
		   struct bk_cursor *fields, struct bk_err *err);
int smb_act_get(struct smb_session *session, struct smb_asker *asker,
		struct bk_cursor *fields, struct bk_err *err);
int smb_act_put(struct smb_session *session, struct smb_asker *asker,
		struct bk_cursor *fields, struct bk_err *err);

/* The string that is left in the fields and nothing else: a name of a blob or
 * folder, without ways out.  NULL and *err if it is not. */
char *smb_act_name(struct bk_cursor *fields, struct bk_err *err);

#endif
