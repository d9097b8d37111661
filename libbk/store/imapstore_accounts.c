/* Which accounts an IMAP server has: the one of the URL, those that somebody
 * wrote down, or those that the server lists in a way of its own. */

#include <string.h>

#include "store/doveadm.h"
#include "store/imapstore.h"

static int ask_administrator(struct bk_imapstore_session *session, void *arg,
			     struct bk_err *err)
{
	struct bk_names *names = arg;

	bk_names_clear(names); /* of a connection that was lost */
	return bk_imap_accounts(session->imap, names, err);
}

static int nobody_lists(const struct bk_imapstore *imapstore,
			struct bk_err *err)
{
	return bk_fail(err, BK_MISUSE,
		       "%s: an IMAP server does not tell which accounts it "
		       "has; name one in the URL, as in "
		       "imaps://ann@mail.example, or all of them in a file "
		       "that accounts-file= names; doveadm= lists those of a "
		       "Dovecot, login = proxy:ADMINISTRATOR those of a Cyrus",
		       imapstore->where);
}

/* For the account "" a proxy logs in as himself. */
static int ask_server(struct bk_imapstore *imapstore, struct bk_names *names,
		      struct bk_err *err)
{
	const struct bk_imapstore_act act = {.run = ask_administrator,
					     .arg = names};
	const struct bk_store_server *server = imapstore->server;

	if (server->doveadm)
		return bk_doveadm_users(server->doveadm, names, err);
	if (!bk_imapstore_is_proxied(imapstore))
		return nobody_lists(imapstore, err);
	if (bk_imapstore_run(imapstore, "", &act, err) == 0)
		return 0;
	return bk_context(err, "%s: asking for its accounts", imapstore->where);
}

static int take_names(const struct bk_names *names, struct bk_account_list *out,
		      struct bk_err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		const char *address = names->items[i];
		if (!bk_imapstore_is_address(address))
			return bk_fail(err, BK_REFUSED,
				       "the server lists '%s', which cannot be "
				       "an account",
				       address);
		*bk_account_list_add(out) = (struct bk_account){
			.address = bk_arena_strdup(&out->arena, address),
			.root = bk_arena_strdup(&out->arena, ""),
		};
	}
	bk_account_list_sort(out);
	return 0;
}

/* Two userdbs may have the same one. */
static void drop_doubles(struct bk_account_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (!n || strcmp(list->items[n - 1].address,
				 list->items[i].address) != 0)
			list->items[n++] = list->items[i];
	list->n = n;
}

int bk_imapstore_accounts(struct bk_store *store, struct bk_account_list *out,
			  struct bk_err *err)
{
	struct bk_imapstore *imapstore = bk_imapstore_of(store);
	const struct bk_names *known = imapstore->server->accounts;
	struct bk_names names = {0};
	int rc = 0;

	bk_account_list_clear(out);
	if (bk_imapstore_is_one(imapstore))
		bk_names_add(&names,
			     bk_link_url(imapstore->server->link)->user);
	else if (!known)
		rc = ask_server(imapstore, &names, err);
	if (rc == 0)
		rc = take_names(known ? known : &names, out, err);
	if (rc < 0)
		bk_account_list_clear(out);
	else
		drop_doubles(out);
	bk_names_clear(&names);
	return rc;
}
