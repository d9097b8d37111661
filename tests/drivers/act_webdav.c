/*
 * Does things at a WebDAV server in one session and says what came of each:
 *
 *	act_webdav URL VERB [ARGUMENT...] [, VERB...]
 *
 *	create | open      first: what the session is opened by, create if left
 *out put NAME SIZE      bytes that follow from SIZE get NAME SIZE      whether
 *these are there part NAME OFF LEN  a stretch, and its length alone stat NAME,
 *remove NAME, list FOLDER, sweep SECONDS sh COMMAND
 *
 * A line each on stdout, "put: done" or "put: LOST why"; status 1 if one
 * failed.  BK_ACT_PASSWORD, _CA, _PIN, _CERT, _KEY, _TIMEOUT and _CLEARTEXT say
 * how the server is reached.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dice.h"
#include "target/webdav.h"

static struct bk_target *target;
static bool failed;

static const char *name_of(enum bk_kind kind)
{
	static const char *const names[] = {
		[BK_OK] = "OK",
		[BK_GONE] = "GONE",
		[BK_EXISTS] = "EXISTS",
		[BK_REFUSED] = "REFUSED",
		[BK_FULL] = "FULL",
		[BK_BUSY] = "BUSY",
		[BK_LOST] = "LOST",
		[BK_DENIED] = "DENIED",
		[BK_CORRUPT] = "CORRUPT",
		[BK_NEWER] = "NEWER",
		[BK_MISUSE] = "MISUSE",
		[BK_UNSAFE] = "UNSAFE",
		[BK_CANCELLED] = "CANCELLED",
		[BK_STARVED] = "STARVED",
		[BK_FAILED] = "FAILED",
	};

	return names[kind];
}

static void say(const char *verb, int rc, const struct bk_err *err)
{
	if (rc == 0) {
		(void)printf("%s: done\n", verb);
	} else {
		failed = true;
		(void)printf("%s: %s %s", verb, name_of(err->kind), err->text);
		if (err->retry_after_s)
			(void)printf(" (after %u s)", err->retry_after_s);
		(void)printf("\n");
	}
	(void)fflush(stdout);
}

static struct bk_buf bytes_of(size_t n)
{
	struct bk_buf bytes = {0};
	struct dice dice = {n};

	dice_fill(&dice, bk_buf_grow(&bytes, n), n);
	return bytes;
}

static int put(char **args, struct bk_err *err)
{
	struct bk_buf bytes = bytes_of(strtoul(args[1], NULL, 10));
	int rc = bk_target_put(target, args[0], bk_buf_view(&bytes), err);

	bk_buf_clear(&bytes);
	return rc;
}

static int get(char **args, struct bk_err *err)
{
	struct bk_buf want = bytes_of(strtoul(args[1], NULL, 10)), got = {0};
	uint64_t size = 0;

	int rc = bk_target_stat(target, args[0], &size, err);
	if (rc == 0)
		rc = bk_target_read(target, args[0], 0, want.len, &got, err);
	if (rc == 0 && (size != want.len || got.len != want.len ||
			memcmp(got.data, want.data, want.len) != 0))
		rc = bk_fail(err, BK_UNSAFE, "other bytes are there");
	bk_buf_clear(&want);
	bk_buf_clear(&got);
	return rc;
}

static int part(char **args, struct bk_err *err)
{
	struct bk_buf got = {0};
	size_t len = strtoul(args[2], NULL, 10);
	int rc = bk_target_read(target, args[0], strtoul(args[1], NULL, 10),
				len, &got, err);

	if (rc == 0 && got.len != len)
		rc = bk_fail(err, BK_UNSAFE, "%zu bytes came", got.len);
	bk_buf_clear(&got);
	return rc;
}

static int list(char **args, struct bk_err *err)
{
	struct bk_blob_list blobs = {0};
	int rc = bk_target_list(target, args[0], &blobs, err);

	for (size_t i = 0; i < blobs.n; i++)
		(void)printf("%s %ju\n", blobs.items[i].name,
			     (uintmax_t)blobs.items[i].size);
	bk_blob_list_clear(&blobs);
	return rc;
}

static int look(char **args, struct bk_err *err)
{
	uint64_t size = 0;
	int rc = bk_target_stat(target, args[0], &size, err);

	if (rc == 0)
		(void)printf("%ju\n", (uintmax_t)size);
	return rc;
}

static int take_away(char **args, struct bk_err *err)
{
	return bk_target_remove(target, args[0], err);
}

static bool is_ours(const char *name)
{
	return strstr(name, "alien") == NULL;
}

static int sweep(char **args, struct bk_err *err)
{
	return bk_target_sweep(target, strtol(args[0], NULL, 10), is_ours, err);
}

static int shell(char **args, struct bk_err *err)
{
	int status = system(args[0]);

	return status == 0 ? 0 : bk_fail(err, BK_FAILED, "status %d", status);
}

static const struct {
	const char *name;
	int (*run)(char **args, struct bk_err *err);
	int args;
} verbs[] = {
	{"put",    put,       2},
        {"get",    get,       2},
        {"part",   part,      3},
	{"stat",   look,      1},
        {"remove", take_away, 1},
        {"list",   list,      1},
	{"sweep",  sweep,     1},
        {"sh",     shell,     1},
};

/* The number of arguments that it took. */
static int act(int n, char **args)
{
	struct bk_err err = {0};

	if (n > 0 && strcmp(args[0], ",") == 0)
		return 1;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, args[0]) == 0 && verbs[i].args < n) {
			say(args[0], verbs[i].run(args + 1, &err), &err);
			return verbs[i].args + 1;
		}
	(void)fprintf(stderr, "what is %s?\n", args[0]);
	exit(2);
}

int main(int argc, char **argv)
{
	const char *timeout = getenv("BK_ACT_TIMEOUT");
	struct bk_access access = {
		.password = getenv("BK_ACT_PASSWORD"),
		.ca = getenv("BK_ACT_CA"),
		.pin = getenv("BK_ACT_PIN"),
		.client_cert = getenv("BK_ACT_CERT"),
		.client_key = getenv("BK_ACT_KEY"),
		.allow_cleartext = getenv("BK_ACT_CLEARTEXT") != NULL,
		.timeout_s = timeout ? (uint32_t)strtoul(timeout, NULL, 10) : 5,
	};
	struct bk_err err = {0};
	struct bk_url url = {0};
	int at = 3;

	if (argc < 3) {
		(void)fprintf(stderr, "usage: act_webdav URL VERB...\n");
		return 2;
	}
	bool only_open = strcmp(argv[2], "open") == 0;
	if (!only_open && strcmp(argv[2], "create") != 0)
		at = 2;
	if (bk_url_parse(&url, argv[1], &err) < 0 ||
	    bk_webdav_open(&target, &url, &access, !only_open, &err) < 0)
		say("open", -1, &err);
	while (target && at < argc)
		at += act(argc - at, argv + at);
	bk_target_close(target);
	bk_url_clear(&url);
	return failed;
}
