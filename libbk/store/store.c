/* Which driver a store has: see store.h. */

#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "net/link.h"
#include "store/setstore.h"

static const struct bk_store_ops *const drivers[] = {
	&bk_maildir_ops, &bk_mbox_ops, &bk_imapstore_ops,
	&bk_eml_ops,     &bk_tar_ops,  &bk_zip_ops,
};
#define DRIVERS (sizeof(drivers) / sizeof(drivers[0]))

const struct bk_store_ops *bk_store_ops_named(const char *type)
{
	for (size_t i = 0; i < DRIVERS; i++)
		if (type && strcmp(drivers[i]->type, type) == 0)
			return drivers[i];
	return NULL;
}

bool bk_store_holds_many(const struct bk_store_config *config)
{
	const struct bk_store_ops *ops = bk_store_ops_named(config->type);

	return (ops && ops->holds_accounts) ||
	       (config->path && strchr(config->path, '%'));
}

int bk_store_check_type(const struct bk_store_config *config,
			struct bk_err *err)
{
	struct bk_buf known = {0};

	if (bk_store_ops_named(config->type))
		return 0;
	for (size_t i = 0; i < DRIVERS; i++)
		bk_buf_printf(&known, "%s%s", i ? ", " : "", drivers[i]->type);
	(void)bk_fail(err, BK_MISUSE, "'%s' is no type of store; there are: %s",
		      config->type ? config->type : "", bk_buf_text(&known));
	bk_buf_clear(&known);
	return -1;
}

int bk_store_open(struct bk_store **out, const struct bk_store_config *config,
		  struct bk_err *err)
{
	if (config->set) {
		*out = bk_setstore_open(config->set);
		return 0;
	}
	if (bk_store_check_type(config, err) < 0)
		return -1;
	return bk_store_ops_named(config->type)->open(out, config, err);
}

void bk_store_close(struct bk_store *store)
{
	if (store)
		store->ops->close(store);
}

/* Who logs in is a part of it: what one may see, another may not. */
static char *server_identity(const struct bk_store_config *config)
{
	const struct bk_store_server *server = config->server;
	const struct bk_url *url = bk_link_url(server->link);
	struct bk_buf origin = {0};

	bk_url_origin(&origin, url, config->type);
	char *identity = bk_asprintf("%s %s %s", bk_buf_text(&origin),
				     url->user ? url->user : "",
				     server->login ? server->login : "user");
	bk_buf_clear(&origin);
	return identity;
}

char *bk_store_identity(const struct bk_store_config *config)
{
	if (config->server)
		return server_identity(config);
	char *path = bk_path_real(config->path);
	char *identity = bk_asprintf("%s:%s", config->type, path);

	free(path);
	return identity;
}
