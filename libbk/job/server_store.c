/* Mail servers as stores: see server_store.h. */

#include "job/server_store.h"

#include <string.h>

#include "job/schema.h"
#include "net/link.h"

static struct bk_bucket *new_bucket(const struct bk_limit *limit)
{
	return limit->n || limit->otherwise ? bk_bucket_new(limit, NULL) : NULL;
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
	bk_buf_clear(&text);
	return rc;
}

int bk_server_store_open(struct bk_server_store *out,
			 struct bk_store_settings *store, struct bk_err *err)
{
	const struct bk_server_settings *server = store->server;

	*out = (struct bk_server_store){0};
	if (!server)
		return 0;
	if (bk_url_parse(&out->url, server->where, err) < 0 ||
	    bk_link_open(&out->link, &out->url, &server->reach.access, err) <
		    0 ||
	    open_sieve(out, server, err) < 0) {
		bk_server_store_close(out);
		return bk_context(err, "%s", store->config.name);
	}
	out->down = new_bucket(&server->reach.down);
	out->up = new_bucket(&server->reach.up);
	out->server = (struct bk_store_server){
		.link = out->link,
		.sieve = out->sieve,
		.login = server->login,
		.sasl = server->auth,
		.master_separator = server->master_separator,
		.without = server->without
				   ? bk_schema_capabilities(server->without)
				   : 0,
		.compress = server->compress,
		.down = out->down,
		.up = out->up,
	};
	store->config.server = &out->server;
	return 0;
}

void bk_server_store_close(struct bk_server_store *opened)
{
	bk_link_close(opened->link);
	bk_link_close(opened->sieve);
	bk_bucket_free(opened->down);
	bk_bucket_free(opened->up);
	bk_url_clear(&opened->url);
	bk_url_clear(&opened->sieve_url);
	*opened = (struct bk_server_store){0};
}

bool bk_server_is_account(const struct bk_server_settings *server)
{
	return strchr(server->where, '@') &&
	       (!server->login || strcmp(server->login, "user") == 0);
}
