/* Mail servers as stores: see server_store.h. */

#include "job/server_store.h"

#include <string.h>

#include "job/schema.h"
#include "net/link.h"

static struct bk_bucket *new_bucket(const struct bk_limit *limit)
{
	return limit->n || limit->otherwise ? bk_bucket_new(limit, NULL) : NULL;
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
		    0) {
		bk_server_store_close(out);
		return bk_context(err, "%s", store->config.name);
	}
	out->down = new_bucket(&server->reach.down);
	out->up = new_bucket(&server->reach.up);
	out->server = (struct bk_store_server){
		.link = out->link,
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
	bk_bucket_free(opened->down);
	bk_bucket_free(opened->up);
	bk_url_clear(&opened->url);
	*opened = (struct bk_server_store){0};
}

bool bk_server_is_account(const struct bk_server_settings *server)
{
	return strchr(server->where, '@') &&
	       (!server->login || strcmp(server->login, "user") == 0);
}
