/* What hangs on folders: rights (RFC 4314) and annotations (RFC 5464). */

#include <stdlib.h>
#include <string.h>

#include "store/imaprights.h"
#include "store/imapstore.h"

#define AT_A_TIME 64 /* folders asked about in one round trip */

struct asking {
	struct bk_folder_list *folders;
	struct bk_folder *some[AT_A_TIME];
	struct bk_view names[AT_A_TIME];
	size_t n;
	bool any_acl, any_annotations; /* of some folder */
};

static bool is_without_domain(const char *who, const char *address)
{
	size_t n = strlen(who);

	return strncmp(who, address, n) == 0 && address[n] == '@';
}

bool bk_imapstore_is_owners(const struct bk_imapstore_session *session,
			    const char *who)
{
	return strcmp(who, "owner") == 0 ||
	       strcmp(who, session->address) == 0 ||
	       strcmp(who, bk_imapstore_owner(session->owner,
					      session->address)) == 0;
}

/* A server may leave out its default domain, and then names nobody with it. */
static bool leaves_out_domain(const struct bk_imapstore_session *session,
			      const struct bk_acl_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].who, session->address) == 0)
			return false;
	return true;
}

void bk_imapstore_take_acl(struct bk_folder *folder,
			   const struct bk_acl_list *list,
			   const struct bk_imapstore_session *session)
{
	bool bare = leaves_out_domain(session, list);
	struct bk_buf text = {0};

	folder->n_acl = 0;
	folder->acl = bk_arena_alloc(&folder->arena,
				     (list->n + 1) * sizeof(*folder->acl));
	for (size_t i = 0; i < list->n; i++) {
		const char *who = list->items[i].who;
		/* The owner's own rights come with the account. */
		if (bk_imapstore_is_owners(session, who) ||
		    (bare && is_without_domain(who, session->address)))
			continue;
		struct bk_acl_entry *entry = &folder->acl[folder->n_acl++];
		text.len = 0;
		bk_imaprights_who(who, &text);
		entry->who =
			bk_arena_strdup(&folder->arena, bk_buf_text(&text));
		text.len = 0;
		bk_imaprights_plain(list->items[i].rights, &text);
		entry->rights =
			bk_arena_strdup(&folder->arena, bk_buf_text(&text));
	}
	bk_buf_clear(&text);
}

static int ask_acl(struct bk_imapstore_session *session, struct asking *asking,
		   struct bk_err *err)
{
	struct bk_acl_list lists[AT_A_TIME] = {0};
	int told[AT_A_TIME] = {0};

	if (!bk_imap_can(session->imap, BK_IMAP_ACL))
		return 0;
	int rc = bk_imap_get_acl(session->imap, asking->names, asking->n, lists,
				 told, err);
	for (size_t i = 0; i < asking->n; i++) {
		asking->some[i]->acl_untold = rc == 0 && told[i] != 0;
		asking->any_acl |= rc == 0 && told[i] == 0;
		if (rc == 0 && told[i] == 0)
			bk_imapstore_take_acl(asking->some[i], &lists[i],
					      session);
		bk_acl_list_clear(&lists[i]);
	}
	return rc;
}

static void take_metadata(struct bk_folder *folder,
			  const struct bk_metadata_list *list)
{
	struct bk_property *all =
		bk_arena_alloc(&folder->arena, (list->n + 1) * sizeof(*all));

	folder->annotations = all;
	folder->n_annotations = list->n;
	for (size_t i = 0; i < list->n; i++) {
		struct bk_view value = list->items[i].value;
		all[i].name =
			bk_arena_strdup(&folder->arena, list->items[i].name);
		all[i].value.len = value.len;
		all[i].value.data =
			bk_arena_memdup(&folder->arena, value.data, value.len);
	}
}

static int ask_metadata(struct bk_imapstore_session *session,
			struct asking *asking, struct bk_err *err)
{
	struct bk_metadata_list lists[AT_A_TIME] = {0};
	int told[AT_A_TIME] = {0};

	if (!bk_imap_can(session->imap, BK_IMAP_METADATA))
		return 0;
	int rc = bk_imap_get_metadata(session->imap, asking->names, asking->n,
				      lists, told, err);
	for (size_t i = 0; i < asking->n; i++) {
		asking->some[i]->annotations_untold = rc == 0 && told[i] != 0;
		asking->any_annotations |= rc == 0 && told[i] == 0;
		if (rc == 0 && told[i] == 0)
			take_metadata(asking->some[i], &lists[i]);
		bk_metadata_list_clear(&lists[i]);
	}
	return rc;
}

/* A server that tells of no folder has none of it, or not for this login. */
static void look_if_any(struct asking *asking)
{
	for (size_t i = 0; i < asking->folders->n; i++) {
		struct bk_folder *folder = &asking->folders->items[i];
		folder->acl_untold &= asking->any_acl;
		folder->annotations_untold &= asking->any_annotations;
	}
}

static int ask(struct bk_imapstore_session *session, void *arg,
	       struct bk_err *err)
{
	struct asking *asking = arg;
	struct bk_folder_list *folders = asking->folders;

	for (size_t i = 0; i < folders->n;) {
		asking->n = 0;
		for (; i < folders->n && asking->n < AT_A_TIME; i++) {
			struct bk_folder *folder = &folders->items[i];
			if (folder->no_select || folder->driver)
				continue;
			asking->some[asking->n] = folder;
			asking->names[asking->n++] = folder->raw;
		}
		if (asking->n && (ask_acl(session, asking, err) < 0 ||
				  ask_metadata(session, asking, err) < 0))
			return -1;
	}
	look_if_any(asking);
	return 0;
}

int bk_imapstore_ask_settings(struct bk_imapstore_session *session,
			      struct bk_view mailbox, struct bk_folder *folder,
			      struct bk_err *err)
{
	struct asking asking = {
		.some = {folder},
		.names = {mailbox},
		.n = 1,
	};

	if (ask_acl(session, &asking, err) < 0)
		return -1;
	return ask_metadata(session, &asking, err);
}

int bk_imapstore_settings(struct bk_store *store,
			  const struct bk_account *account,
			  struct bk_folder_list *folders, struct bk_err *err)
{
	struct asking asking = {.folders = folders};
	const struct bk_imapstore_act act = {.run = ask, .arg = &asking};

	return bk_imapstore_run(bk_imapstore_of(store), account->address, &act,
				err);
}
