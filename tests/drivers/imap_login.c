/*
 * Logs in at a mail server and says what came of it, for tests:
 *
 *	imap_login URL [SETTING=VALUE...]
 *
 *	user authzid password token ca pin client-cert client-key proxy
 *	sasl	auto, plain, xoauth2, oauthbearer
 *	cleartext  yes
 *	timeout	seconds
 *	own	this account's own secret, itself
 *	times	how often, one after the other, on one link
 *	say	a command, in place of "NOOP"; "" for none
 *	then	a command of the shell, after each
 *
 * Of each login: "in: " and the server's answer to the command, or the kind of
 * the error and its text; status 1 if there was one.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "net/wire.h"

static struct bk_access access_;
static struct bk_wire_login login;
static struct bk_secret own;
static unsigned times = 1;
static const char *command = "NOOP";
static const char *then;

static const char *const kinds[] = {
	"OK",     "GONE",      "EXISTS",  "REFUSED", "FULL",  "BUSY",
	"LOST",   "DENIED",    "NO_KEY",  "CORRUPT", "NEWER", "MISUSE",
	"UNSAFE", "CANCELLED", "STARVED", "FAILED",
};

static bool set_sasl(const char *value)
{
	static const char *const names[] = {"auto", "plain", "xoauth2",
					    "oauthbearer"};

	for (unsigned i = 0; i < 4; i++)
		if (strcmp(names[i], value) == 0) {
			login.sasl = (enum bk_sasl)i;
			return true;
		}
	return false;
}

static bool set_text(const char *name, size_t n, const char *value)
{
	const struct {
		const char *name;
		const char **to;
	} texts[] = {
		{"user",        &login.user         },
		{"authzid",     &login.authzid      },
		{"password",    &access_.password   },
		{"token",       &access_.token      },
		{"ca",          &access_.ca         },
		{"pin",         &access_.pin        },
		{"client-cert", &access_.client_cert},
		{"client-key",  &access_.client_key },
		{"proxy",       &access_.proxy      },
		{"say",         &command            },
		{"then",        &then               },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strlen(texts[i].name) == n &&
		    strncmp(texts[i].name, name, n) == 0) {
			*texts[i].to = value;
			return true;
		}
	return false;
}

static bool set(const char *word)
{
	const char *value = strchr(word, '=');
	size_t n = value ? (size_t)(value - word) : 0;

	if (!value++)
		return false;
	if (strncmp(word, "sasl", n) == 0)
		return set_sasl(value);
	if (strncmp(word, "cleartext", n) == 0)
		access_.allow_cleartext = strcmp(value, "yes") == 0;
	else if (strncmp(word, "timeout", n) == 0)
		access_.timeout_s = (uint32_t)strtoul(value, NULL, 10);
	else if (strncmp(word, "times", n) == 0)
		times = (unsigned)strtoul(value, NULL, 10);
	else if (strncmp(word, "own", n) == 0)
		bk_secret_set(&own, value, strlen(value));
	else
		return set_text(word, n, value);
	return true;
}

/* The last line that came, without its end. */
static void show(const struct bk_wire *wire)
{
	const char *text = (const char *)wire->in.data;
	size_t end = wire->in.len - 2, at = end;

	while (at > 0 && text[at - 1] != '\n')
		at--;
	(void)printf("in: %.*s\n", (int)(end - at), text + at);
}

static int ask(struct bk_wire *wire, struct bk_err *err)
{
	char text[200];
	int n = snprintf(text, sizeof(text), "t %s\r\n", command);
	const char *answer = NULL;

	if (bk_wire_write(wire, text, (size_t)n, err) < 0)
		return -1;
	while (!answer) {
		if (bk_wire_fill(wire, err) < 0)
			return -1;
		const uint8_t *in = wire->in.data;
		if (in[wire->in.len - 1] != '\n')
			continue;
		answer = wire->in.len > 2 && memcmp(in, "t ", 2) == 0
				 ? (const char *)in
				 : memmem(in, wire->in.len, "\nt ", 3);
	}
	show(wire);
	return 0;
}

static int once(struct bk_link *link, struct bk_err *err)
{
	struct bk_wire *wire = NULL;
	int rc = bk_wire_open(&wire, link, &login, err);

	if (rc == 0 && *command)
		rc = ask(wire, err);
	else if (rc == 0)
		(void)printf("in\n");
	bk_wire_close(wire);
	return rc;
}

static int all(struct bk_link *link)
{
	struct bk_err err = {0};
	int status = 0;

	for (unsigned i = 0; i < times; i++) {
		if (once(link, &err) < 0) {
			(void)printf("%s %s\n", kinds[err.kind], err.text);
			status = 1;
		}
		(void)fflush(stdout);
		if (then && system(then) != 0)
			status = 1;
	}
	return status;
}

int main(int argc, char **argv)
{
	struct bk_err err = {0};
	struct bk_link *link = NULL;
	struct bk_url url = {0};
	int status = 1;

	for (int i = 2; i < argc; i++)
		if (!set(argv[i])) {
			(void)fprintf(stderr, "what is %s?\n", argv[i]);
			return 2;
		}
	bk_cancel_catch();
	login.secret = own.len ? &own : NULL;
	if (argc < 2 || bk_url_parse(&url, argv[1], &err) < 0 ||
	    bk_link_open(&link, &url, &access_, &err) < 0)
		(void)printf("%s %s\n", kinds[err.kind], err.text);
	else
		status = all(link);
	bk_link_close(link);
	bk_url_clear(&url);
	bk_secret_clear(&own);
	return status;
}
