/* A Dovecot for tests of stores: see imap_place.h. */

#include "lib/imap_place.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "lib/test.h"
#include "net/link.h"

#define ACCOUNTS 200

extern char **environ;

static struct scratch place;
static char port[8];
static unsigned account;

struct access {
	struct bk_url url;
	struct bk_access access;
	struct bk_store_server server;
};

bool imap_place_can(void)
{
	static const char *const programs[] = {
		"/usr/sbin/dovecot", "/usr/bin/dovecot",
		"/usr/local/sbin/dovecot", "/usr/local/bin/dovecot"};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (access(programs[i], X_OK) == 0)
			return true;
	return false;
}

static void server(const char *const *words)
{
	const char *argv[ACCOUNTS + 4] = {"tests/servers/dovecot", place.path};
	pid_t pid = -1;
	int status = -1;

	for (size_t i = 0; words[i]; i++)
		argv[i + 2] = words[i];
	assert_int_equal(posix_spawn(&pid, argv[0], NULL, NULL,
				     (char *const *)(uintptr_t)argv, environ),
			 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void add_accounts(void)
{
	struct bk_buf users = {0};

	for (unsigned i = 1; i <= ACCOUNTS; i++)
		bk_buf_printf(&users, "t%u@a.test:pw::::::\n", i);
	scratch_file(&place, "users", bk_buf_text(&users));
	bk_buf_clear(&users);
}

void imap_place_start(const char *local)
{
	scratch_make(&place);
	server((const char *const[]){"new", NULL});
	scratch_file(&place, "local.conf", local);
	add_accounts();
	server((const char *const[]){"start", NULL});
	char *env = scratch_text(&place, "env");
	assert_non_null(env);
	assert_int_equal(sscanf(env, "IMAP=%7[0-9]", port), 1);
	free(env);
	setenv("IMAP_PLACE_PASSWORD", "pw", 1);
}

void imap_place_stop(void)
{
	server((const char *const[]){"stop", NULL});
	scratch_drop(&place);
}

const char *imap_place_account(void)
{
	static char name[24];

	snprintf(name, sizeof(name), "t%u@a.test", account);
	return name;
}

void imap_place_config_same(struct bk_arena *arena, uint32_t without,
			    struct bk_store_config *config)
{
	struct access *at = bk_alloc(sizeof(*at));
	struct bk_err err = {0};
	char *url = bk_asprintf("imap://%s@127.0.0.1:%s", imap_place_account(),
				port);

	(void)arena;
	at->access.allow_cleartext = true;
	at->access.password = "env:IMAP_PLACE_PASSWORD";
	if (bk_url_parse(&at->url, url, &err) < 0 ||
	    bk_link_open(&at->server.link, &at->url, &at->access, &err) < 0)
		fail_msg("%s: %s", url, err.text);
	free(url);
	at->server.without = without;
	config->name = "imap";
	config->type = "imap";
	config->server = &at->server;
	config->writable = true;
}

void imap_place_config(struct bk_arena *arena, uint32_t without,
		       struct bk_store_config *config)
{
	assert_true(++account <= ACCOUNTS);
	imap_place_config_same(arena, without, config);
}

void imap_place_release(struct bk_store_config *config)
{
	struct access *at =
		(struct access *)((char *)(uintptr_t)config->server -
				  offsetof(struct access, server));

	bk_link_close(at->server.link);
	bk_url_clear(&at->url);
	free(at);
	config->server = NULL;
}
