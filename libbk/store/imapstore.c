/* The IMAP driver: opening a store and finding an account. */

#include "store/imapstore.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "store/imapstore_writer.h"

/* ---- opening ---- */

static int parse_sasl(const char *text, enum bk_sasl *out, struct bk_err *err)
{
	static const struct {
		const char *name;
		enum bk_sasl sasl;
	} known[] = {
		{"plain",       BK_SASL_PLAIN      },
		{"xoauth2",     BK_SASL_XOAUTH2    },
		{"oauthbearer", BK_SASL_OAUTHBEARER},
	};

	*out = BK_SASL_AUTO;
	if (!text)
		return 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(text, known[i].name) != 0)
			continue;
		*out = known[i].sasl;
		return 0;
	}
	return bk_fail(err, BK_MISUSE,
		       "sasl '%s': there are plain, xoauth2 and oauthbearer",
		       text);
}

static int check_login(const char *login, struct bk_err *err)
{
	if (!login || strcmp(login, "user") == 0)
		return 0;
	if ((strncmp(login, "master:", 7) == 0 && login[7]) ||
	    (strncmp(login, "proxy:", 6) == 0 && login[6]))
		return 0;
	return bk_fail(err, BK_MISUSE,
		       "login '%s': there are user, master:NAME and proxy:NAME",
		       login);
}

static void close_imapstore(struct bk_store *store)
{
	struct bk_imapstore *imapstore = bk_imapstore_of(store);

	bk_imapstore_sessions_close(imapstore);
	bk_imapstore_scripts_close(imapstore);
	bk_imapstore_admin_close(imapstore);
	(void)pthread_cond_destroy(&imapstore->given);
	(void)pthread_mutex_destroy(&imapstore->lock);
	(void)pthread_mutex_destroy(&imapstore->writers_lock);
	(void)pthread_mutex_destroy(&imapstore->sieve_lock);
	(void)pthread_mutex_destroy(&imapstore->admin_lock);
	free(imapstore->only);
	free(imapstore->begun);
	free(imapstore->where);
	free(imapstore);
}

static int open_imapstore(struct bk_store **out,
			  const struct bk_store_config *config,
			  struct bk_err *err)
{
	const struct bk_store_server *server = config->server;
	enum bk_sasl sasl;

	if (!server || !server->link)
		return bk_fail(err, BK_MISUSE,
			       "an IMAP store needs a server: a URL like "
			       "imaps://ann@mail.example");
	if (parse_sasl(server->sasl, &sasl, err) < 0 ||
	    check_login(server->login, err) < 0)
		return -1;
	struct bk_imapstore *imapstore = bk_alloc(sizeof(*imapstore));
	const char *name =
		config->name ? config->name : bk_link_url(server->link)->text;
	imapstore->where = bk_strdup(name);
	imapstore->store.ops = &bk_imapstore_ops;
	imapstore->store.where = imapstore->where;
	imapstore->server = server;
	imapstore->sasl = sasl;
	imapstore->writable = config->writable;
	imapstore->live = config->live;
	imapstore->hurried = config->hurried;
	(void)pthread_mutex_init(&imapstore->lock, NULL);
	(void)pthread_mutex_init(&imapstore->writers_lock, NULL);
	(void)pthread_mutex_init(&imapstore->sieve_lock, NULL);
	(void)pthread_mutex_init(&imapstore->admin_lock, NULL);
	(void)pthread_cond_init(&imapstore->given, NULL);
	*out = &imapstore->store;
	return 0;
}

/* ---- accounts ---- */

bool bk_imapstore_is_one(const struct bk_imapstore *imapstore)
{
	const struct bk_store_server *server = imapstore->server;

	return bk_link_url(server->link)->user && !server->secret &&
	       (!server->login || strcmp(server->login, "user") == 0);
}

bool bk_imapstore_is_proxied(const struct bk_imapstore *imapstore)
{
	const char *login = imapstore->server->login;

	return login && strncmp(login, "proxy:", 6) == 0;
}

const char *bk_imapstore_owner(const struct bk_imapstore *imapstore,
			       const char *address)
{
	return bk_imapstore_is_one(imapstore)
		       ? bk_link_url(imapstore->server->link)->user
		       : address;
}

/* What may become part of a line of the protocol, and of reports. */
bool bk_imapstore_is_address(const char *text)
{
	if (!*text || strchr(text, '/') || !bk_utf8_valid(text, strlen(text)) ||
	    strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static int take_only_address(struct bk_imapstore *imapstore,
			     const char *address, struct bk_err *err)
{
	if (!bk_imapstore_is_one(imapstore))
		return 0;
	(void)pthread_mutex_lock(&imapstore->lock);
	if (!imapstore->only)
		imapstore->only = bk_strdup(address);
	bool same = strcmp(imapstore->only, address) == 0;
	(void)pthread_mutex_unlock(&imapstore->lock);
	return same ? 0
		    : bk_fail(err, BK_REFUSED,
			      "%s is one account, and holds %s already",
			      imapstore->where, imapstore->only);
}

/* The login is all that is asked for; but a Cyrus lets its administrator in for
 * names that nobody has. */
static int is_there(struct bk_imapstore_session *session, void *arg,
		    struct bk_err *err)
{
	(void)arg;
	if (!bk_imapstore_is_proxied(session->owner) ||
	    !bk_imap_is_cyrus(session->imap))
		return 0;
	int rc = bk_imap_has_inbox(session->imap, err);
	if (rc == 0)
		(void)bk_fail(err, BK_GONE, "%s: there is no such account.",
			      session->address);
	return rc > 0 ? 0 : -1;
}

static int find_account(struct bk_store *store, const char *address,
			struct bk_arena *arena, struct bk_account *out,
			struct bk_err *err)
{
	struct bk_imapstore *imapstore = bk_imapstore_of(store);
	const struct bk_imapstore_act act = {.run = is_there};

	if (!bk_imapstore_is_address(address))
		return bk_fail(err, BK_REFUSED, "'%s' cannot be an address",
			       address);
	if (take_only_address(imapstore, address, err) < 0 ||
	    bk_imapstore_run(imapstore, address, &act, err) < 0)
		return -1;
	*out = (struct bk_account){
		.address = bk_arena_strdup(arena, address),
		.root = bk_arena_strdup(arena, ""),
	};
	return 0;
}

static int create_account(struct bk_store *store, const char *address,
			  struct bk_arena *arena, struct bk_account *out,
			  struct bk_err *err)
{
	struct bk_imapstore *imapstore = bk_imapstore_of(store);
	struct bk_err why = {0};

	if (!imapstore->writable)
		return bk_fail(err, BK_MISUSE, "the store is open for reading");
	if (find_account(store, address, arena, out, &why) == 0)
		return 0;
	if ((why.kind != BK_DENIED && why.kind != BK_GONE) ||
	    bk_imapstore_is_one(imapstore)) {
		*err = why;
		return -1;
	}
	size_t len = strlen(why.text);
	bool asks = len && strchr("?.", why.text[len - 1]);
	return bk_fail(err, BK_REFUSED,
		       "%s%s Accounts cannot be made over IMAP: make it on the "
		       "server first, or see that the login may open it",
		       why.text, asks ? "" : ".");
}

/* What belongs to no folder is no business of IMAP's. */
static int finish_account(struct bk_store *store,
			  const struct bk_account *account,
			  const struct bk_property *settings, size_t n_settings,
			  struct bk_err *err)
{
	(void)account;
	(void)settings;
	(void)n_settings;
	return bk_imapstore_sync(store, err);
}

const struct bk_store_ops bk_imapstore_ops = {
	.type = "imap",
	.parallel_fetch = true,
	.accounts_are_given = true,
	.far = true,
	.open = open_imapstore,
	.close = close_imapstore,
	.accounts = bk_imapstore_accounts,
	.folders = bk_imapstore_folders,
	.settings = bk_imapstore_settings,
	.scan = bk_imapstore_scan,
	.changed = bk_imapstore_changed,
	.fetch = bk_imapstore_fetch,
	.stat = bk_imapstore_stat,
	.scan_since = bk_imapstore_scan_since,
	.fetch_many = bk_imapstore_fetch_many,
	.identify = bk_imapstore_identify,
	.find_account = find_account,
	.limits = bk_imapstore_limits,
	.quota = bk_imapstore_quota,
	.set_quota = bk_imapstore_set_quota,
	.scripts = bk_imapstore_scripts,
	.try_script = bk_imapstore_try_script,
	.put_script = bk_imapstore_put_script,
	.activate_script = bk_imapstore_activate_script,
	.remove_script = bk_imapstore_remove_script,
	.annotations = bk_imapstore_annotations,
	.put_annotation = bk_imapstore_put_annotation,
	.create_account = create_account,
	.begin = bk_imapstore_begin,
	.present = bk_imapstore_present,
	.append = bk_imapstore_append,
	.keep = bk_imapstore_keep,
	.drop = bk_imapstore_drop,
	.flush = bk_imapstore_flush,
	.begin_flush = bk_imapstore_begin_flush,
	.end_flush = bk_imapstore_end_flush,
	.remove = bk_imapstore_remove,
	.set_flags = bk_imapstore_set_flags,
	.finish = bk_imapstore_finish,
	.abort = bk_imapstore_abort,
	.rename_folder = bk_imapstore_rename_folder,
	.renew_folder = bk_imapstore_renew_folder,
	.delete_folder = bk_imapstore_delete_folder,
	.finish_account = finish_account,
	.sync = bk_imapstore_sync,
};
