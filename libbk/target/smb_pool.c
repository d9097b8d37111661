/* Processes of bk-smb for one target: see smb_pool.h. */

#include "target/smb_pool.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/password.h"

/* The program lies beside this one: where it is installed, or in the tree that
 * both were built in.  The first place is the one to name when it is missing.
 */
static char *find_program(void)
{
	static const char *const places[] = {
		"../libexec/bk/bk-smb",
		"../libexec/bk-smb",
	};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *path = NULL;

	self[n > 0 ? n : 0] = 0;
	char *slash = strrchr(self, '/');
	if (slash)
		*slash = 0;
	for (size_t i = 0; i < 2; i++) {
		free(path);
		path = bk_asprintf("%s/%s", self, places[i]);
		if (access(path, X_OK) == 0)
			return path;
	}
	free(path);
	return bk_asprintf("%s/%s", self, places[0]);
}

/* "/share/dir": the share, and the folder in it. */
static int take_path(struct bk_smb_login *login, const char *path,
		     struct bk_err *err)
{
	size_t n;

	path += *path == '/';
	n = strcspn(path, "/");
	if (!n)
		return bk_fail(err, BK_MISUSE,
			       "it names no share: smb://user@host/share/dir");
	login->share = bk_strndup(path, n);
	login->dir = bk_strdup(path + n + (path[n] == '/'));
	return 0;
}

static int take_login(struct bk_smb_pool *pool, const struct bk_url *url,
		      const struct bk_access *access, struct bk_err *err)
{
	struct bk_smb_login *login = &pool->login;

	if (take_path(login, url->path, err) < 0)
		return -1;
	if (!url->user || !*url->user)
		return bk_fail(err, BK_MISUSE,
			       "it names no user: smb://user@host/share/dir");
	if (!access->password)
		return bk_fail(err, BK_MISUSE,
			       "no password is named for it; write "
			       "password = file:PATH beside it");
	login->host = bk_strdup(url->host);
	login->user = bk_strdup(url->user);
	login->domain = bk_strdup(url->domain ? url->domain : "");
	login->port = url->port;
	char *what = bk_asprintf("password for %s", url->text);
	int rc = bk_password_get(&pool->password, access->password, what, false,
				 err);
	free(what);
	return rc;
}

static uint32_t timeout_s(const struct bk_access *access)
{
	uint32_t wanted = access->timeout_s;

	if (!wanted)
		wanted = BK_ACCESS_TIMEOUT_S;
	return wanted < INT_MAX / 1000 ? wanted : INT_MAX / 1000;
}

int bk_smb_pool_init(struct bk_smb_pool *pool, const struct bk_url *url,
		     const struct bk_access *access, struct bk_err *err)
{
	*pool = (struct bk_smb_pool){0};
	(void)pthread_mutex_init(&pool->lock, NULL);
	pool->login.program = find_program();
	pool->login.password = &pool->password;
	pool->login.timeout_ms = (int)timeout_s(access) * 1000;
	if (take_login(pool, url, access, err) == 0)
		return 0;
	bk_smb_pool_clear(pool);
	return -1;
}

static void end_idle(struct bk_smb_pool *pool)
{
	while (pool->n_idle)
		bk_smb_child_end(pool->idle[--pool->n_idle]);
}

void bk_smb_pool_clear(struct bk_smb_pool *pool)
{
	end_idle(pool);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool->login.program);
	free(pool->login.host);
	free(pool->login.share);
	free(pool->login.dir);
	free(pool->login.domain);
	free(pool->login.user);
	bk_secret_clear(&pool->password);
}

/* What is in a folder that was there is not absent, but out of reach. */
static int taken_away(struct bk_err *err)
{
	return bk_fail(err, BK_LOST,
		       "the share or the folder of the repository is not there "
		       "any more");
}

int bk_smb_pool_take(struct bk_smb_pool *pool, struct bk_smb_child **out,
		     struct bk_err *err)
{
	struct bk_smb_child *child = NULL;

	(void)pthread_mutex_lock(&pool->lock);
	bool found = pool->found;
	if (pool->n_idle)
		child = pool->idle[--pool->n_idle];
	(void)pthread_mutex_unlock(&pool->lock);
	if (!child && bk_smb_child_start(&child, &pool->login, err) < 0)
		return found && err->kind == BK_GONE ? taken_away(err) : -1;
	*out = child;
	return 0;
}

/* Does the session live on after this? */
static bool is_of_the_item(enum bk_kind kind)
{
	return kind == BK_GONE || kind == BK_EXISTS || kind == BK_DENIED ||
	       kind == BK_FULL || kind == BK_BUSY || kind == BK_CORRUPT;
}

int bk_smb_pool_give(struct bk_smb_pool *pool, struct bk_smb_child *child,
		     int rc, bool moved, const struct bk_err *err)
{
	bool keep = rc == 0 || (!moved && is_of_the_item(err->kind));

	(void)pthread_mutex_lock(&pool->lock);
	if (keep && pool->n_idle < BK_SMB_IDLE_MAX) {
		pool->idle[pool->n_idle++] = child;
		child = NULL;
	}
	if (rc < 0 && err->kind == BK_LOST)
		end_idle(pool);
	(void)pthread_mutex_unlock(&pool->lock);
	bk_smb_child_end(child);
	return rc;
}
