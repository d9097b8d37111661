/* Folders of an IMAP account that get another name, begin anew, or go. */

#include <string.h>

#include "store/doveadm.h"
#include "store/imapstore_writer.h"

struct renaming {
	const struct bk_folder *from;
	const char *to;
};

static bool is_inbox(const struct bk_folder *folder)
{
	return strcmp(folder->name, "INBOX") == 0;
}

/* Servers keep the old name subscribed (RFC 9051, 6.3.6). */
static int subscribe_anew(struct bk_imapstore_session *session,
			  struct bk_view from, struct bk_view to,
			  struct bk_err *err)
{
	struct bk_err why = {0};
	int rc = bk_imap_subscribe(session->imap, to, true, &why);

	if (rc == 0)
		rc = bk_imap_subscribe(session->imap, from, false, &why);
	if (rc == 0 || why.kind == BK_REFUSED || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

static int rename_it(struct bk_imapstore_session *session, void *arg,
		     struct bk_err *err)
{
	const struct renaming *renaming = arg;
	const struct bk_folder *from = renaming->from;
	struct bk_imapname_style style = bk_imapstore_style(session);
	struct bk_buf to = {0};
	int rc = bk_imapname_encode(&style, renaming->to, &to, err);

	if (rc == 0)
		rc = bk_imapstore_leave(session, err);
	if (rc == 0)
		rc = bk_imap_rename(session->imap, from->raw, bk_buf_view(&to),
				    err);
	if (rc == 0 && from->subscribed)
		rc = subscribe_anew(session, from->raw, bk_buf_view(&to), err);
	bk_buf_clear(&to);
	return rc;
}

static int keeps_inbox(struct bk_err *err)
{
	return bk_fail(err, BK_REFUSED,
		       "the inbox is neither renamed nor deleted");
}

static int change(struct bk_store *store, const struct bk_account *account,
		  const struct bk_folder *folder,
		  const struct bk_imapstore_act *act, struct bk_err *err)
{
	struct bk_imapstore *imapstore = bk_imapstore_of(store);

	if (!imapstore->writable)
		return bk_fail(err, BK_MISUSE, "the store is open for reading");
	if (bk_imapstore_check_folder(folder, err) < 0)
		return -1;
	if (bk_imapstore_run(imapstore, account->address, act, err) < 0)
		return bk_context(err, "folder %s", folder->name);
	return 0;
}

int bk_imapstore_rename_folder(struct bk_store *store,
			       const struct bk_account *account,
			       const struct bk_folder *from, const char *to,
			       struct bk_err *err)
{
	struct renaming renaming = {from, to};
	const struct bk_imapstore_act act = {
		.run = rename_it, .arg = &renaming, .once = true};

	if (is_inbox(from))
		return keeps_inbox(err);
	return change(store, account, from, &act, err);
}

/* A Cyrus deletes no folder that has a special use: that goes first, by its
 * annotation (RFC 6154, section 4). */
static int delete_folder(struct bk_imapstore_session *session,
			 const struct bk_folder *folder, struct bk_err *err)
{
	static const struct bk_property no_use = {
		.name = "/private/specialuse"};
	struct bk_imap *imap = session->imap;
	struct bk_err why = {0};
	int rc = bk_imap_delete(imap, folder->raw, &why);

	if (rc < 0 && why.kind == BK_REFUSED && folder->special_use &&
	    bk_imap_can(imap, BK_IMAP_METADATA) &&
	    bk_imap_set_metadata(imap, folder->raw, &no_use,
				 &(struct bk_err){0}) == 0) {
		why = (struct bk_err){0};
		rc = bk_imap_delete(imap, folder->raw, &why);
	}
	if (rc < 0)
		*err = why;
	return rc;
}

static int delete_it(struct bk_imapstore_session *session, void *arg,
		     struct bk_err *err)
{
	const struct renaming *deleting = arg;
	const struct bk_folder *folder = deleting->from;
	struct bk_err why = {0};

	if (bk_imapstore_leave(session, err) < 0 ||
	    delete_folder(session, folder, err) < 0)
		return -1;
	if (!folder->subscribed ||
	    bk_imap_subscribe(session->imap, folder->raw, false, &why) == 0 ||
	    why.kind == BK_REFUSED || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

int bk_imapstore_delete_folder(struct bk_store *store,
			       const struct bk_account *account,
			       const struct bk_folder *folder,
			       struct bk_err *err)
{
	struct renaming deleting = {.from = folder};
	const struct bk_imapstore_act act = {
		.run = delete_it, .arg = &deleting, .once = true};

	if (is_inbox(folder))
		return keeps_inbox(err);
	return change(store, account, folder, &act, err);
}

/* ---- as if it were new ---- */

static int delete_inbox(struct bk_imapstore_session *session,
			const struct bk_folder *folder, struct bk_err *err)
{
	struct bk_doveadm *doveadm = session->owner->server->doveadm;
	const char *user = bk_imapstore_owner(session->owner, session->address);
	struct bk_imap_status is = {0};

	if (bk_imapstore_guid(session, folder->raw, &is, err) < 0)
		return -1;
	const struct bk_doveadm_known known = {user, "INBOX", is.uid_validity,
					       is.guid};
	if (bk_doveadm_prove(doveadm, &known, err) < 0)
		return -1;
	return bk_doveadm_delete(doveadm, user, "INBOX", err);
}

static int renew_it(struct bk_imapstore_session *session, void *arg,
		    struct bk_err *err)
{
	const struct renaming *renewing = arg;
	const struct bk_folder *folder = renewing->from;
	struct bk_imap_status is = {0};

	if (bk_imapstore_leave(session, err) < 0 ||
	    bk_imap_status(session->imap, folder->raw, &is, err) < 0)
		return -1;
	if (!is.known || is.messages)
		return bk_fail(err, BK_EXISTS, "it holds messages");
	if (is_inbox(folder))
		return delete_inbox(session, folder, err);
	return delete_it(session, arg, err);
}

int bk_imapstore_renew_folder(struct bk_store *store,
			      const struct bk_account *account,
			      const struct bk_folder *folder,
			      struct bk_err *err)
{
	struct renaming renewing = {.from = folder};
	const struct bk_imapstore_act act = {
		.run = renew_it, .arg = &renewing, .once = true};

	if (is_inbox(folder) && !bk_imapstore_of(store)->server->doveadm)
		return keeps_inbox(err);
	return change(store, account, folder, &act, err);
}
