/* Mail servers as stores: see server_store.h. */

#include "job/server_store.h"

#include <string.h>

#include "job/schema.h"
#include "net/link.h"
#include "store/doveadm.h"

static struct bk_bucket *new_bucket(const struct bk_limit *limit)
{
	return limit->n || limit->otherwise ? bk_bucket_new(limit, NULL) : NULL;
}

static int open_link(struct bk_server_store *out,
		     const struct bk_server_settings *server,
		     struct bk_err *err)
{
	if (bk_url_parse(&out->url, server->where, err) < 0 ||
	    bk_link_open(&out->link, &out->url, &server->reach.access, err) < 0)
		return -1;
	out->down = new_bucket(&server->reach.down);
	out->up = new_bucket(&server->reach.up);
	out->server = (struct bk_store_server){
		.link = out->link,
		.keep_uids = server->keep_uids &&
			     strcmp(server->keep_uids, "syncapply") == 0,
		.login = server->login,
		.sasl = server->auth,
		.master_separator = server->master_separator,
		.without = server->without
				   ? bk_schema_capabilities(server->without)
				   : 0,
		.connections = server->connections,
		.compress = server->compress,
		.views = server->views,
		.down = out->down,
		.up = out->up,
	};
	return 0;
}

/* Who logs in there is who logs in at the server, and by its secrets. */
static int open_sieve(struct bk_server_store *out,
		      const struct bk_server_settings *server,
		      struct bk_err *err)
{
	const char *where = server->sieve;
	struct bk_buf text = {0};

	if (!where || strcmp(where, "no") == 0)
		return 0;
	if (strcmp(where, "yes") == 0)
		bk_url_origin(&text, &(struct bk_url){.host = out->url.host},
			      "sieve");
	else
		bk_buf_printf(&text, "%s", where);
	out->sieve_access = server->reach.access;
	out->sieve_access.password = NULL;
	out->sieve_access.token = NULL;
	int rc = bk_url_parse(&out->sieve_url, bk_buf_text(&text), err);
	if (rc == 0)
		rc = bk_link_open(&out->sieve, &out->sieve_url,
				  &out->sieve_access, err);
	out->server.sieve = out->sieve;
	bk_buf_clear(&text);
	return rc;
}

/* It is reached as the server itself, but for what is a mail server's own. */
static int open_doveadm(struct bk_server_store *out,
			const struct bk_server_settings *server,
			struct bk_err *err)
{
	const struct bk_access *access = &server->reach.access;

	if (!server->doveadm)
		return 0;
	out->doveadm_access = (struct bk_access){
		.password = server->doveadm_password,
		.ca = access->ca,
		.proxy = access->proxy,
		.proxy_password = access->proxy_password,
		.allow_cleartext = access->allow_cleartext,
		.timeout_s = access->timeout_s,
	};
	return bk_doveadm_open(&out->server.doveadm, server->doveadm,
			       &out->doveadm_access, err);
}

/* ---- accounts that a file names ---- */

void bk_server_store_secret(const struct bk_server_store *opened,
			    const char *address, struct bk_secret *out)
{
	const struct bk_move_account *account =
		bk_move_accounts_find(&opened->accounts, address, 1);

	if (account && account->from_secret.len)
		bk_secret_set(out, account->from_secret.data,
			      account->from_secret.len);
}

static int own_secret(void *arg, const char *address, struct bk_secret *out,
		      struct bk_err *err)
{
	(void)err;
	bk_server_store_secret(arg, address, out);
	return 0;
}

static int read_accounts(struct bk_server_store *out,
			 const struct bk_server_settings *server,
			 struct bk_err *err)
{
	if (!server->accounts_file)
		return 0;
	if (bk_server_is_account(server))
		return bk_fail(err, BK_MISUSE,
			       "accounts-file is for a server of many "
			       "accounts, and %s names one",
			       server->where);
	if (bk_move_accounts_read(&out->accounts, server->accounts_file, err) <
	    0)
		return bk_context(err, "accounts-file");
	for (size_t i = 0; i < out->accounts.n; i++)
		bk_names_add(&out->names, out->accounts.items[i].from);
	out->server.accounts = &out->names;
	if (out->accounts.secrets.len) {
		out->server.secret = own_secret;
		out->server.secret_arg = out;
	}
	return 0;
}

/* ---- all of it ---- */

int bk_server_store_open(struct bk_server_store *out,
			 struct bk_store_settings *store, struct bk_err *err)
{
	const struct bk_server_settings *server = store->server;

	*out = (struct bk_server_store){0};
	if (!server)
		return 0;
	if (open_link(out, server, err) < 0 ||
	    open_sieve(out, server, err) < 0 ||
	    open_doveadm(out, server, err) < 0 ||
	    read_accounts(out, server, err) < 0) {
		bk_server_store_close(out);
		return bk_context(err, "%s", store->config.name);
	}
	store->config.server = &out->server;
	return 0;
}

void bk_server_store_close(struct bk_server_store *opened)
{
	bk_doveadm_close(opened->server.doveadm);
	bk_link_close(opened->link);
	bk_link_close(opened->sieve);
	bk_bucket_free(opened->down);
	bk_bucket_free(opened->up);
	bk_url_clear(&opened->url);
	bk_url_clear(&opened->sieve_url);
	bk_names_clear(&opened->names);
	bk_move_accounts_clear(&opened->accounts);
	*opened = (struct bk_server_store){0};
}

bool bk_server_is_account(const struct bk_server_settings *server)
{
	return strchr(server->where, '@') &&
	       (!server->login || strcmp(server->login, "user") == 0);
}

bool bk_server_may_list(const struct bk_server_settings *server)
{
	return server->accounts_file || server->doveadm ||
	       (server->login && strncmp(server->login, "proxy:", 6) == 0);
}
