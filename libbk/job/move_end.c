/* The ends of a move: see move_end.h. */

#include "job/move_end.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/doveadm.h"

static int find_server(struct bk_move_end *end, struct bk_settings *settings,
		       const struct bk_opt_list *options, struct bk_err *err)
{
	const struct bk_key_options said = {
		.items = options,
		.option = end->source ? "--from-option" : "--to-option",
		.type = "server",
	};

	if (bk_settings_server(settings, end->word, &said, &end->settings,
			       err) < 0)
		return -1;
	if (end->settings.section && strstr(end->word, "://"))
		bk_log(BK_LOG_DEBUG,
		       "--%s %s: login, password and all else as [server %s] "
		       "of the configuration says",
		       end->source ? "from" : "to", end->word,
		       end->settings.name);
	end->remote = true;
	end->name = end->settings.name;
	end->store.config = (struct bk_store_config){
		.name = end->settings.where,
		.type = "imap",
	};
	end->store.server = &end->settings;
	return 0;
}

/* A store's section that names one. */
static void on_server(struct bk_move_end *end)
{
	end->settings = *end->store.server;
	end->store.server = &end->settings;
	end->remote = true;
}

/* A store's section, or "maildir:..."; a word that is neither is looked for
 * among servers too. */
static bool is_store(const struct bk_settings *settings, const char *word)
{
	return bk_conf_find(&settings->conf, "store", word) ||
	       strchr(word, ':') || strchr(word, '/');
}

/* What is written as one thing has no second pass. */
static int check_type(const struct bk_move_end *end, const char *side,
		      struct bk_err *err)
{
	const struct bk_store_config *config = &end->store.config;

	if (bk_store_check_type(config, err) < 0)
		return -1;
	if (!bk_store_ops_named(config->type)->end)
		return 0;
	return bk_fail(err, BK_MISUSE,
		       "--%s %s: an archive is written at once, and a move "
		       "comes back for what is new; bk restore writes archives",
		       side, end->word);
}

int bk_move_end_find(struct bk_move_end *out, struct bk_settings *settings,
		     const char *word, const struct bk_opt_list *options,
		     bool source, struct bk_err *err)
{
	const char *side = source ? "from" : "to";
	int rc;

	*out = (struct bk_move_end){.word = word, .source = source};
	if (bk_settings_is_server(settings, word) ||
	    !is_store(settings, word)) {
		rc = find_server(out, settings, options, err);
	} else {
		rc = bk_settings_store(settings, word, &out->store, err);
		if (rc == 0 && options->n)
			rc = bk_fail(err, BK_MISUSE,
				     "--%s-option is for a mail server, and "
				     "'%s' is none",
				     side, word);
		out->name = out->store.config.name;
		if (rc == 0 && out->store.server)
			on_server(out);
	}
	if (rc < 0)
		return bk_context(err, "--%s", side);
	out->store.config.writable = !source;
	return out->remote ? 0 : check_type(out, side, err);
}

/* The password of an account's own; 0 and an empty one: there is none. */
static int own_secret(void *arg, const char *address, struct bk_secret *out,
		      struct bk_err *err)
{
	const struct bk_move_end *end = arg;
	const struct bk_move_account *account = bk_move_accounts_find(
		end->accounts, address, end->source ? 1 : 0);
	struct bk_view secret = {0};

	(void)err;
	if (account)
		secret =
			end->source ? account->from_secret : account->to_secret;
	if (secret.len)
		bk_secret_set(out, secret.data, secret.len);
	else
		bk_server_store_secret(&end->server, address, out);
	return 0;
}

static bool has_own_secrets(const struct bk_move_end *end)
{
	const struct bk_move_accounts *accounts = end->accounts;

	for (size_t i = 0; i < accounts->n; i++) {
		const struct bk_move_account *account = &accounts->items[i];
		if (end->source ? account->from_secret.len
				: account->to_secret.len)
			return true;
	}
	return false;
}

int bk_move_end_open(struct bk_move_end *end,
		     const struct bk_move_accounts *accounts,
		     struct bk_err *err)
{
	end->accounts = accounts;
	if (!end->remote || end->server.link)
		return 0;
	if (bk_server_store_open(&end->server, &end->store, err) < 0)
		return -1;
	if (has_own_secrets(end)) {
		end->server.server.secret = own_secret;
		end->server.server.secret_arg = end;
	}
	return 0;
}

int bk_move_end_try(const struct bk_move_end *end, const char *address,
		    struct bk_err *err)
{
	struct bk_doveadm *doveadm = end->server.server.doveadm;

	return doveadm ? bk_doveadm_try(doveadm, address, err) : 0;
}

void bk_move_end_close(struct bk_move_end *end)
{
	bk_server_store_close(&end->server);
}

void bk_move_end_read_set(struct bk_move_end *end, struct bk_set *set,
			  struct bk_arena *arena)
{
	char *identity = bk_move_end_identity(end);

	end->identity = bk_arena_strdup(arena, identity);
	end->set = set;
	end->remote = false;
	end->store.config = (struct bk_store_config){
		.name = end->name,
		.type = "set",
		.set = set,
	};
	free(identity);
}

char *bk_move_end_identity(const struct bk_move_end *end)
{
	if (end->identity)
		return bk_strdup(end->identity);
	return end->remote ? bk_strdup(end->settings.where)
			   : bk_store_identity(&end->store.config);
}

/* One that is named with a user is that user's. */
bool bk_move_end_lists(const struct bk_move_end *end)
{
	return !end->remote || strchr(end->settings.where, '@') ||
	       end->settings.accounts_file;
}

bool bk_move_end_may_list(const struct bk_move_end *end)
{
	return bk_move_end_lists(end) || bk_server_may_list(&end->settings);
}

char bk_move_end_delimiter(const struct bk_move_end *end)
{
	const struct bk_store_config *config = &end->store.config;

	if (end->remote || strcmp(config->type, "maildir") != 0 ||
	    (config->layout && strcmp(config->layout, "fs") == 0))
		return 0;
	return '.';
}
