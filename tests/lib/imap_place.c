/* A mail server for tests of stores: see imap_place.h. */

#include "lib/imap_place.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "imap/answer.h"
#include "lib/test.h"
#include "net/link.h"
#include "store/doveadm.h"

#define ACCOUNTS 200
#define NAME     "t%u@a.test"

extern char **environ;

char imap_place_account[24];

static enum imap_server kind;
static struct scratch place;
static char port[8];
static char pki[80]; /* its certificates; empty: it has none */
static unsigned account;

struct access {
	struct bk_url url;
	char ca[96];
	char command[112]; /* of doveadm */
	struct bk_access access;
	struct bk_store_server server;
	struct bk_names names;
};

/* ---- the server ---- */

static int ended(const char *const *argv)
{
	pid_t pid = -1;
	int status = -1;

	assert_int_equal(posix_spawn(&pid, argv[0], NULL, NULL,
				     (char *const *)(uintptr_t)argv, environ),
			 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void server(const char *const *words)
{
	const char *argv[ACCOUNTS + 4] = {kind == IMAP_CYRUS
						  ? "tests/servers/cyrus"
						  : "tests/servers/dovecot",
					  place.path};

	for (size_t i = 0; words[i]; i++)
		argv[i + 2] = words[i];
	assert_int_equal(ended(argv), 0);
}

static bool has_dovecot(void)
{
	static const char *const programs[] = {
		"/usr/sbin/dovecot", "/usr/bin/dovecot",
		"/usr/local/sbin/dovecot", "/usr/local/bin/dovecot"};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (access(programs[i], X_OK) == 0)
			return true;
	return false;
}

/* It is fetched, and says itself why that fails. */
static bool has_cyrus(void)
{
	static const char *const argv[] = {
		"/bin/sh", "-c", "exec tests/lib/fetch_cyrus >/dev/null", NULL};

	return ended(argv) == 0;
}

bool imap_place_can(enum imap_server which)
{
	bool can = which == IMAP_CYRUS ? has_cyrus() : has_dovecot();

	if (!can)
		printf("1..0 # SKIP %s is not here\n",
		       which == IMAP_CYRUS ? "Cyrus" : "Dovecot");
	return can;
}

static void add_to_dovecot(void)
{
	struct bk_buf users = {0};

	for (unsigned i = 1; i <= ACCOUNTS; i++)
		bk_buf_printf(&users, NAME ":pw::::::\n", i);
	scratch_file(&place, "users", bk_buf_text(&users));
	bk_buf_clear(&users);
}

static void add_to_cyrus(void)
{
	const char *words[ACCOUNTS + 2] = {"adduser"};
	char names[ACCOUNTS][24];

	for (unsigned i = 0; i < ACCOUNTS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), NAME, i + 1);
		words[i + 1] = names[i];
	}
	server(words);
}

static void make_pki(void)
{
	const char *const argv[] = {"tests/servers/pki", pki, NULL};

	(void)snprintf(pki, sizeof(pki), "%s/certificates", place.path);
	assert_int_equal(ended(argv), 0);
}

static void read_port(void)
{
	char *env = scratch_text(&place, "env");

	assert_non_null(env);
	const char *line = strstr(env, "IMAP=");
	assert_non_null(line);
	assert_int_equal(sscanf(line, "IMAP=%7[0-9]", port), 1);
	free(env);
}

void imap_place_start(enum imap_server which, const char *local)
{
	kind = which;
	scratch_make(&place);
	if (kind == IMAP_CYRUS) {
		make_pki();
		server((const char *const[]){"new", pki, NULL});
	} else {
		server((const char *const[]){"new", NULL});
		add_to_dovecot();
	}
	scratch_file(&place, "local.conf", local);
	server((const char *const[]){"start", NULL});
	if (kind == IMAP_CYRUS)
		add_to_cyrus();
	read_port();
	setenv("IMAP_PLACE_PASSWORD", "pw", 1);
}

void imap_place_stop(void)
{
	server((const char *const[]){"stop", NULL});
	scratch_drop(&place);
}

/* ---- stores ---- */

static struct access *reach(char *url, struct bk_store_config *config)
{
	struct access *at = bk_alloc(sizeof(*at));
	struct bk_err err = {0};

	at->access.allow_cleartext = true;
	at->access.password = "env:IMAP_PLACE_PASSWORD";
	(void)snprintf(at->ca, sizeof(at->ca), "%s/ca.crt", pki);
	at->access.ca = *pki ? at->ca : NULL;
	if (bk_url_parse(&at->url, url, &err) < 0 ||
	    bk_link_open(&at->server.link, &at->url, &at->access, &err) < 0)
		fail_msg("%s: %s", url, err.text);
	free(url);
	config->name = "imap";
	config->type = "imap";
	config->server = &at->server;
	config->writable = true;
	return at;
}

static struct access *access_of(const struct bk_store_config *config)
{
	return (struct access *)((char *)(uintptr_t)config->server -
				 offsetof(struct access, server));
}

static void next_account(void)
{
	assert_true(++account <= ACCOUNTS);
	(void)snprintf(imap_place_account, sizeof(imap_place_account), NAME,
		       account);
}

void imap_place_config_same(struct bk_arena *arena, uint32_t without,
			    struct bk_store_config *config)
{
	(void)arena;
	struct access *at = reach(
		bk_asprintf("imap://%s@127.0.0.1:%s", imap_place_account, port),
		config);
	at->server.without = without;
}

void imap_place_config(struct bk_arena *arena, uint32_t without,
		       struct bk_store_config *config)
{
	next_account();
	imap_place_config_same(arena, without, config);
}

static void config_admin(struct bk_store_config *config)
{
	next_account();
	struct access *at =
		reach(bk_asprintf("imap://127.0.0.1:%s", port), config);
	at->server.login = "proxy:cyrus";
	at->server.keep_uids = true;
	bk_names_add(&at->names, imap_place_account);
	at->server.accounts = &at->names;
}

static void config_doveadm(struct bk_arena *arena,
			   struct bk_store_config *config)
{
	struct bk_err err = {0};

	imap_place_config(arena, 0, config);
	struct access *at = access_of(config);
	(void)snprintf(at->command, sizeof(at->command),
		       "doveadm -c %s/dovecot.conf", place.path);
	if (bk_doveadm_open(&at->server.doveadm, at->command, &at->access,
			    &err) < 0)
		fail_msg("%s: %s", at->command, err.text);
}

void imap_place_keeping_uids(const struct scratch *scratch,
			     struct bk_arena *arena,
			     struct bk_store_config *config)
{
	(void)scratch;
	if (kind == IMAP_CYRUS)
		config_admin(config);
	else
		config_doveadm(arena, config);
}

void imap_place_release(struct bk_store_config *config)
{
	struct access *at = access_of(config);

	bk_doveadm_close(at->server.doveadm);
	bk_link_close(at->server.link);
	bk_url_clear(&at->url);
	bk_names_clear(&at->names);
	free(at);
	config->server = NULL;
}

/* ---- drivers ---- */

void imap_place_all(const struct scratch *scratch, struct bk_arena *arena,
		    struct bk_store_config *config)
{
	(void)scratch;
	imap_place_config(arena, 0, config);
}

void imap_place_little(const struct scratch *scratch, struct bk_arena *arena,
		       struct bk_store_config *config)
{
	(void)scratch;
	imap_place_config(arena, UINT32_MAX, config);
}

/* UIDPLUS and CONDSTORE, and nothing that makes it quick. */
void imap_place_like_gmail(const struct scratch *scratch,
			   struct bk_arena *arena,
			   struct bk_store_config *config)
{
	(void)scratch;
	imap_place_config(arena,
			  BK_IMAP_QRESYNC | BK_IMAP_MULTIAPPEND |
				  BK_IMAP_LITERAL_PLUS | BK_IMAP_LIST_STATUS,
			  config);
}
