/*
 * The scripts of an account on a mail server, over ManageSieve (imap/sieve.h).
 * One session, for the account that was asked about last.  All that is done
 * can be done twice: where a session was lost, it is, on a new one.
 */

#include <stdlib.h>
#include <string.h>

#include "imap/sieve.h"
#include "store/imapstore.h"

struct act {
	int (*run)(struct bk_sieve *sieve, void *arg, struct bk_err *err);
	void *arg;
};

void bk_imapstore_scripts_close(struct bk_imapstore *imapstore)
{
	bk_sieve_close(imapstore->sieve);
	imapstore->sieve = NULL;
	free(imapstore->sieve_address);
	imapstore->sieve_address = NULL;
}

/* The link of the scripts has no secrets: those of the mail are theirs. */
static int log_in(struct bk_imapstore *imapstore, const char *address,
		  struct bk_err *err)
{
	const struct bk_store_server *server = imapstore->server;
	struct bk_wire_login login = {0};
	struct bk_secret secret = {0};
	struct bk_buf made = {0};
	int rc = bk_imapstore_login(imapstore, address, &login, &made, &secret,
				    err);

	if (rc == 0 && !login.secret)
		rc = bk_wire_secret(server->link, &login, &secret, err);
	login.secret = &secret;
	if (rc == 0)
		rc = bk_sieve_open(&imapstore->sieve, server->sieve, &login,
				   err);
	bk_secret_clear(&secret);
	bk_buf_clear(&made);
	return rc;
}

static int run_once(struct bk_imapstore *imapstore, const char *address,
		    const struct act *act, bool *in, struct bk_err *err)
{
	if (imapstore->sieve && strcmp(imapstore->sieve_address, address) != 0)
		bk_imapstore_scripts_close(imapstore);
	if (!imapstore->sieve) {
		if (log_in(imapstore, address, err) < 0)
			return -1;
		imapstore->sieve_address = bk_strdup(address);
	}
	*in = true;
	int rc = act->run(imapstore->sieve, act->arg, err);
	/* More of an answer that was not understood may be to come. */
	if (rc < 0 && (err->kind == BK_LOST || err->kind == BK_CANCELLED ||
		       err->kind == BK_REFUSED))
		bk_imapstore_scripts_close(imapstore);
	return rc;
}

static int run(struct bk_store *store, const struct bk_account *account,
	       const struct act *act, struct bk_err *err)
{
	struct bk_imapstore *imapstore = bk_imapstore_of(store);
	struct bk_err why = {0};
	bool in = false;

	(void)pthread_mutex_lock(&imapstore->sieve_lock);
	int rc = run_once(imapstore, account->address, act, &in, &why);
	if (rc < 0 && why.kind == BK_LOST) {
		in = false;
		rc = run_once(imapstore, account->address, act, &in, &why);
	}
	/* It answers, but not about this account. */
	if (rc < 0 && why.kind == BK_LOST && in)
		why.kind = BK_REFUSED;
	(void)pthread_mutex_unlock(&imapstore->sieve_lock);
	if (rc < 0)
		*err = why;
	return rc;
}

/* ---- reading ---- */

#define ALL_MOST ((size_t)16 << 20) /* bytes of an account's scripts */

static int read_one(struct bk_sieve *sieve, const struct bk_sieve_name *name,
		    struct bk_script_list *out, struct bk_err *err)
{
	struct bk_buf text = {0};
	struct bk_err why = {0};
	int rc = bk_sieve_get(sieve, name->raw, &text, &why);

	if (rc == 0 && out->arena.bytes + text.len > ALL_MOST)
		rc = bk_fail(&why, BK_REFUSED,
			     "all scripts together are above 16 MiB");
	if (rc == 0) {
		struct bk_script *script = bk_script_list_add(out);
		script->name = bk_arena_strdup(&out->arena, name->name);
		script->active = name->active;
		script->text.len = text.len;
		script->text.data =
			bk_arena_memdup(&out->arena, text.data, text.len);
	}
	bk_buf_clear(&text);
	/* One that went meanwhile is none of them. */
	if (rc == 0 || why.kind == BK_GONE)
		return 0;
	*err = why;
	return bk_context(err, "script %s", name->name);
}

static int read_all(struct bk_sieve *sieve, void *arg, struct bk_err *err)
{
	struct bk_script_list *out = arg;
	struct bk_sieve_names names = {0};

	bk_script_list_clear(out);
	int rc = bk_sieve_list(sieve, &names, err);
	for (size_t i = 0; i < names.n && rc == 0; i++)
		rc = read_one(sieve, &names.items[i], out, err);
	bk_sieve_names_clear(&names);
	bk_script_list_sort(out);
	return rc;
}

int bk_imapstore_scripts(struct bk_store *store,
			 const struct bk_account *account,
			 struct bk_script_list *out, struct bk_err *err)
{
	const struct act act = {read_all, out};

	bk_script_list_clear(out);
	if (!bk_imapstore_of(store)->server->sieve)
		return 0;
	return run(store, account, &act, err) < 0 ? -1 : 1;
}

/* ---- writing ---- */

/* As the server spells it: who knows names as ASCII alone spells others in its
 * own way. */
static int spell(struct bk_sieve *sieve, const char *name, struct bk_buf *raw,
		 struct bk_err *err)
{
	struct bk_sieve_names names = {0};
	bool plain = true;

	for (const char *c = name; *c; c++)
		plain = plain && !(*c & 0x80);
	bk_buf_add(raw, name, strlen(name));
	if (plain)
		return 0;
	int rc = bk_sieve_list(sieve, &names, err);
	for (size_t i = 0; i < names.n && rc == 0; i++) {
		if (strcmp(names.items[i].name, name) != 0)
			continue;
		raw->len = 0;
		bk_buf_add(raw, names.items[i].raw.data,
			   names.items[i].raw.len);
	}
	bk_sieve_names_clear(&names);
	return rc;
}

static int write_one(struct bk_sieve *sieve, void *arg, struct bk_err *err)
{
	const struct bk_script *script = arg;
	struct bk_buf raw = {0};
	int rc = spell(sieve, script->name, &raw, err);

	if (rc == 0)
		rc = bk_sieve_put(sieve, bk_buf_view(&raw), script->text, err);
	bk_buf_clear(&raw);
	return rc;
}

static int try_one(struct bk_sieve *sieve, void *arg, struct bk_err *err)
{
	const struct bk_script *script = arg;
	struct bk_buf raw = {0};
	int rc = spell(sieve, script->name, &raw, err);

	if (rc == 0)
		rc = bk_sieve_check(sieve, bk_buf_view(&raw), script->text,
				    err);
	bk_buf_clear(&raw);
	return rc;
}

static int activate(struct bk_sieve *sieve, void *arg, struct bk_err *err)
{
	const struct bk_script *script = arg;
	struct bk_buf raw = {0};
	int rc = spell(sieve, script->name, &raw, err);

	if (rc == 0)
		rc = bk_sieve_activate(sieve, bk_buf_view(&raw), err);
	bk_buf_clear(&raw);
	return rc;
}

static int take_away(struct bk_sieve *sieve, void *arg, struct bk_err *err)
{
	const struct bk_script *script = arg;
	struct bk_buf raw = {0};
	struct bk_err why = {0};
	int rc = spell(sieve, script->name, &raw, &why);

	if (rc == 0)
		rc = bk_sieve_delete(sieve, bk_buf_view(&raw), &why);
	bk_buf_clear(&raw);
	if (rc == 0 || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

static int change(struct bk_store *store, const struct bk_account *account,
		  struct act act, struct bk_err *err)
{
	const struct bk_imapstore *imapstore = bk_imapstore_of(store);

	if (!imapstore->writable || !imapstore->server->sieve)
		return bk_fail(err, BK_MISUSE, "no scripts can be written");
	return run(store, account, &act, err);
}

int bk_imapstore_try_script(struct bk_store *store,
			    const struct bk_account *account,
			    const struct bk_script *script, struct bk_err *err)
{
	struct bk_script what = *script;

	return run(store, account, &(struct act){try_one, &what}, err);
}

int bk_imapstore_put_script(struct bk_store *store,
			    const struct bk_account *account,
			    const struct bk_script *script, struct bk_err *err)
{
	struct bk_script what = *script;

	return change(store, account, (struct act){write_one, &what}, err);
}

int bk_imapstore_activate_script(struct bk_store *store,
				 const struct bk_account *account,
				 const char *name, struct bk_err *err)
{
	struct bk_script what = {.name = name};

	return change(store, account, (struct act){activate, &what}, err);
}

int bk_imapstore_remove_script(struct bk_store *store,
			       const struct bk_account *account,
			       const char *name, struct bk_err *err)
{
	struct bk_script what = {.name = name};

	return change(store, account, (struct act){take_away, &what}, err);
}
