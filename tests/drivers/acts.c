/*
 * Acts on a target, whatever its protocol, one after the other, for tests that
 * break the server or the way to it:
 *
 *	acts URL ACT...
 *
 *	create  open      the folder, with or without making it; comes first
 *	again             the same as open, but with all that bk has around a
 *			  driver: it tries again, and puts behind the writer
 *	put:NAME:LEN      a blob whose bytes follow from their places
 *	get:NAME:AT:LEN   and they must be those
 *	whole:NAME:LEN    the same, of all that is there
 *	list:FOLDER  stat:NAME  remove:NAME  sweep:SECONDS  flush
 *	run:COMMAND       by the shell, in between
 *
 * A line for each: the act, what came of it ("ok", or the kind of the error and
 * its text), after the lines of a listing.  How the server is reached is in the
 * variables of tests/lib/targets.sh, and BK_TEST_TIMEOUT_S.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/reach.h"
#include "target/scheme.h"

static const char *const kinds[] = {
	"OK",     "GONE",      "EXISTS",  "REFUSED", "FULL",  "BUSY",
	"LOST",   "DENIED",    "NO_KEY",  "CORRUPT", "NEWER", "MISUSE",
	"UNSAFE", "CANCELLED", "STARVED", "FAILED",
};

static struct bk_url url;
static struct bk_reach reach;
static struct bk_target *target;

static uint8_t byte_at(uint64_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

static int put(const char *name, uint64_t len, struct bk_err *err)
{
	struct bk_put *put_ = NULL;
	uint8_t bytes[40000];
	int rc = bk_target_put_begin(target, name, len, &put_, err);

	if (rc < 0)
		return -1;
	for (uint64_t at = 0; at < len && rc == 0;) {
		size_t n = len - at < sizeof(bytes) ? (size_t)(len - at)
						    : sizeof(bytes);
		for (size_t i = 0; i < n; i++)
			bytes[i] = byte_at(at + i);
		rc = bk_put_write(put_, bytes, n, err);
		at += n;
	}
	if (rc == 0)
		return bk_put_commit(put_, err);
	bk_put_abort(put_);
	return -1;
}

struct comparing_sink {
	struct bk_sink sink;
	uint64_t at;
};

static int compare(struct bk_sink *to, const void *data, size_t len,
		   struct bk_err *err)
{
	struct comparing_sink *sink = (struct comparing_sink *)to;
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++, sink->at++)
		if (bytes[i] != byte_at(sink->at))
			return bk_fail(err, BK_CORRUPT,
				       "byte %" PRIu64 " is wrong", sink->at);
	return 0;
}

static int get(const char *name, uint64_t at, uint64_t len, struct bk_err *err)
{
	struct comparing_sink sink = {{compare}, at};

	if (bk_target_get(target, name, at, len, &sink.sink, err) < 0)
		return -1;
	return sink.at == at + len ? 0
				   : bk_fail(err, BK_UNSAFE,
					     "%" PRIu64 " bytes", sink.at - at);
}

static int whole(const char *name, uint64_t len, struct bk_err *err)
{
	uint64_t size = 0;

	if (bk_target_stat(target, name, &size, err) < 0)
		return -1;
	if (size != len)
		return bk_fail(err, BK_UNSAFE, "%" PRIu64 " bytes are there",
			       size);
	return get(name, 0, len, err);
}

static int list(const char *folder, struct bk_err *err)
{
	struct bk_blob_list blobs = {0};
	int rc = bk_target_list(target, folder, &blobs, err);

	for (size_t i = 0; i < blobs.n; i++)
		printf("%s %" PRIu64 "\n", blobs.items[i].name,
		       blobs.items[i].size);
	bk_blob_list_clear(&blobs);
	return rc;
}

static int stat_(const char *name, struct bk_err *err)
{
	uint64_t size;
	int rc = bk_target_stat(target, name, &size, err);

	if (rc == 0)
		printf("%" PRIu64 "\n", size);
	return rc;
}

static bool is_ours(const char *name)
{
	return strncmp(name, "ours/", 5) == 0;
}

static int open_it(const char *how, struct bk_err *err)
{
	if (strcmp(how, "again") == 0)
		return bk_target_open(&target, url.text, &reach, false, err);
	return bk_driver_open(&target, &url, &reach.access, *how == 'c', err);
}

static int run(const char *command, struct bk_err *err)
{
	return system(command) == 0 ? 0 : bk_fail(err, BK_FAILED, "run");
}

/* What is done to the target that is open. */
static int do_to_target(char *const word[4], struct bk_err *err)
{
	uint64_t a = word[2] ? strtoull(word[2], NULL, 10) : 0;
	uint64_t b = word[3] ? strtoull(word[3], NULL, 10) : 0;
	const char *name = word[1] ? word[1] : "";

	if (strcmp(word[0], "put") == 0)
		return put(name, a, err);
	if (strcmp(word[0], "get") == 0)
		return get(name, a, b, err);
	if (strcmp(word[0], "whole") == 0)
		return whole(name, a, err);
	if (strcmp(word[0], "list") == 0)
		return list(name, err);
	if (strcmp(word[0], "stat") == 0)
		return stat_(name, err);
	if (strcmp(word[0], "remove") == 0)
		return bk_target_remove(target, name, err);
	if (strcmp(word[0], "sweep") == 0)
		return bk_target_sweep(target, strtoll(name, NULL, 10), is_ours,
				       err);
	if (strcmp(word[0], "flush") == 0)
		return bk_target_flush(target, err);
	return bk_fail(err, BK_MISUSE, "what is that?");
}

static int act(const char *what, char *const word[4], struct bk_err *err)
{
	if (strncmp(what, "run:", 4) == 0)
		return run(what + 4, err);
	if (strcmp(what, "create") == 0 || strcmp(what, "open") == 0 ||
	    strcmp(what, "again") == 0)
		return open_it(what, err);
	if (!target)
		return bk_fail(err, BK_MISUSE, "not open");
	return do_to_target(word, err);
}

static int one(const char *what)
{
	char *word[4] = {NULL}, *text = bk_strdup(what), *rest = text;
	struct bk_err err = {0};

	for (int i = 0; i < 4; i++)
		word[i] = strsep(&rest, ":");
	int rc = act(what, word, &err);
	if (rc < 0)
		printf("%s %s %s\n", what, kinds[err.kind], err.text);
	else
		printf("%s ok\n", what);
	(void)fflush(stdout);
	free(text);
	return rc;
}

/* NULL where it is not set, or empty. */
static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

int main(int argc, char **argv)
{
	const char *s = setting("BK_TEST_TIMEOUT_S");
	const char *file = setting("BK_TEST_PASSWORD_FILE");
	struct bk_err err = {0};
	char password[512];

	if (argc < 3 || bk_url_parse(&url, argv[1], &err) < 0) {
		(void)printf("1..0 # SKIP an URL and acts are needed %s\n",
			     err.text);
		return 0;
	}
	(void)snprintf(password, sizeof(password), "file:%s", file ? file : "");
	reach.access = (struct bk_access){
		.password = file ? password : NULL,
		.ca = setting("BK_TEST_CA"),
		.ssh_key = setting("BK_TEST_SSH_KEY"),
		.known_hosts = setting("BK_TEST_KNOWN_HOSTS"),
		.allow_cleartext = true,
		.timeout_s = s ? (uint32_t)strtoul(s, NULL, 10) : 20,
	};
	for (int i = 2; i < argc; i++)
		(void)one(argv[i]);
	bk_target_close(target);
	bk_url_clear(&url);
	return 0;
}
