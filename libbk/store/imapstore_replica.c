/*
 * A folder of a Cyrus gets the UIDVALIDITY and the next UID that it had
 * elsewhere, through the replication of the server: what doveadm.c does on a
 * Dovecot.  Its numbers only rise, but for the UIDVALIDITY of a folder that has
 * no messages.
 */

#include "imap/replica.h"
#include "store/doveadm.h"
#include "store/imapstore.h"

#define TRIES 5

struct update {
	const char *address, *folder;
	const struct bk_doveadm_update *what;
	bool forced;
};

static struct bk_imap_replica changed(const struct bk_imap_replica *is,
				      const struct bk_doveadm_update *what)
{
	struct bk_imap_replica now = *is;

	if (what->uid_validity)
		now.uid_validity = what->uid_validity;
	if (what->min_next_uid && what->min_next_uid - 1 > now.last_uid)
		now.last_uid = what->min_next_uid - 1;
	if (what->min_highest_modseq > now.highest_modseq)
		now.highest_modseq = what->min_highest_modseq;
	return now;
}

static int get(struct bk_imapstore_session *admin, const struct update *update,
	       struct bk_buf *told, struct bk_err *err)
{
	struct bk_buf name = {0}, inner = {0};
	int rc = bk_imapstore_admin_name(admin, update->address, update->folder,
					 &name, err);

	if (rc == 0) {
		bk_imap_replica_name(bk_buf_text(&name),
				     bk_imap_delimiter(admin->imap), &inner);
		rc = bk_imap_replica_get(admin->imap, bk_buf_view(&inner), told,
					 err);
	}
	bk_buf_clear(&name);
	bk_buf_clear(&inner);
	return rc;
}

/* What is applied to a mailbox that has changed since it was told is refused:
 * but for a lower UIDVALIDITY, which is forced. */
static int apply_once(struct bk_imapstore_session *admin, struct update *update,
		      struct bk_err *err)
{
	struct bk_imap_replica is = {0};
	struct bk_buf told = {0}, what = {0};
	int rc = get(admin, update, &told, err);

	if (rc == 0)
		rc = bk_imap_replica_parse(bk_buf_view(&told), &is, err);
	struct bk_imap_replica now = changed(&is, update->what);
	bool force = now.uid_validity < is.uid_validity;
	if (rc == 0)
		rc = bk_imap_replica_write(bk_buf_view(&told), &now, &what,
					   err);
	if (rc == 0)
		rc = bk_imap_replica_apply(admin->imap, bk_buf_view(&what),
					   force, err);
	update->forced = update->forced || force;
	bk_buf_clear(&told);
	bk_buf_clear(&what);
	return rc;
}

static int apply(struct bk_imapstore_session *admin, void *arg,
		 struct bk_err *err)
{
	struct bk_err why = {0};

	for (int i = 0; i < TRIES; i++) {
		why = (struct bk_err){0};
		if (apply_once(admin, arg, &why) == 0)
			return 0;
		if (why.kind != BK_BUSY)
			break;
	}
	*err = why;
	if (why.kind == BK_BUSY || why.kind == BK_GONE)
		err->kind = BK_REFUSED;
	return -1;
}

int bk_imapstore_replica_update(struct bk_imapstore *imapstore,
				const char *address, const char *folder,
				const struct bk_doveadm_update *what,
				struct bk_err *err)
{
	struct update update = {address, folder, what, false};
	const struct bk_imapstore_act act = {.run = apply, .arg = &update};
	int rc = bk_imapstore_run_admin(imapstore, &act, err);

	/* Nothing else is to be forced: a server does it until the end of the
	 * connection. */
	if (update.forced) {
		(void)pthread_mutex_lock(&imapstore->admin_lock);
		bk_imapstore_admin_close(imapstore);
		(void)pthread_mutex_unlock(&imapstore->admin_lock);
	}
	/* Who may not keeps the UIDs that the server gives out. */
	if (rc < 0 && err->kind == BK_DENIED)
		err->kind = BK_REFUSED;
	return rc;
}
