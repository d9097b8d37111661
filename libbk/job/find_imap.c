/*
 * Where a mail server answers IMAP, and to whom: what doveconf prints of
 * Dovecot's listeners; imapd.conf and cyrus.conf of Cyrus.  See find_mail.h.
 */

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/parse.h"
#include "job/find_mail.h"

#define IMAP_PORT  143
#define IMAPS_PORT 993

/* Ports; 0: it does not listen there. */
struct listening {
	uint64_t imap, imaps;
	const char *host; /* NULL: at this host */
};

static const char *url_of(const struct listening *at, struct bk_arena *arena)
{
	struct bk_buf url = {0};
	bool tls = !at->imap && at->imaps;
	uint64_t port = tls ? at->imaps : at->imap;

	bk_buf_printf(&url, "%s://%s", tls ? "imaps" : "imap",
		      at->host ? at->host : "localhost");
	if (port && port != (tls ? IMAPS_PORT : IMAP_PORT))
		bk_buf_printf(&url, ":%ju", (uintmax_t)port);
	const char *made = bk_arena_strdup(arena, bk_buf_text(&url));
	bk_buf_clear(&url);
	return made;
}

/* The next line without blanks around it; false at the end. */
static bool next_line(const char **at, struct bk_buf *line)
{
	if (!**at)
		return false;
	size_t len = strcspn(*at, "\n");
	const char *text = *at + strspn(*at, " \t");
	size_t n = (size_t)(*at + len - text) > len
			   ? 0
			   : (size_t)(*at + len - text);
	while (n && strchr(" \t\r", text[n - 1]))
		n--;
	line->len = 0;
	bk_buf_add(line, text, n);
	*at += len + ((*at)[len] == '\n');
	return true;
}

/* ---- Dovecot ---- */

/* "port = 143" of an inet_listener. */
static void take_port(const char *line, uint64_t *port)
{
	struct bk_err ignored = {0};
	uint64_t said;

	if (strncmp(line, "port", 4) != 0)
		return;
	line += 4 + strspn(line + 4, " ");
	if (*line++ != '=')
		return;
	line += strspn(line, " ");
	if (bk_parse_number(line, UINT16_MAX, &said, &ignored) == 0)
		*port = said;
}

/* Where in doveconf's braces we are. */
struct dovecot_place {
	struct listening at;
	uint64_t *port; /* of the listener that this is in, or NULL */
	bool logins;    /* in `service imap-login` */
	int depth;
};

static void enter(struct dovecot_place *place, const char *line)
{
	struct listening *at = &place->at;

	if (place->depth == 0)
		place->logins = strncmp(line, "service imap-login ", 19) == 0;
	else if (strcmp(line, "inet_listener imap {") == 0)
		place->port = &at->imap;
	else if (strcmp(line, "inet_listener imaps {") == 0)
		place->port = &at->imaps;
	place->depth++;
}

const char *bk_mail_imap_of_dovecot(const char *conf, struct bk_arena *arena)
{
	struct dovecot_place place = {
		.at = {IMAP_PORT, IMAPS_PORT, NULL}
        };
	struct bk_buf line = {0};

	while (next_line(&conf, &line)) {
		const char *text = bk_buf_text(&line);
		if (line.len && text[line.len - 1] == '{') {
			enter(&place, text);
		} else if (*text == '}') {
			place.port = NULL;
			place.depth -= place.depth > 0;
		} else if (place.logins && place.port) {
			take_port(text, place.port);
		}
	}
	bk_buf_clear(&line);
	return url_of(&place.at, arena);
}

/* ---- Cyrus ---- */

/* What stands behind `key:` in imapd.conf; NULL: it is not there. */
static const char *cyrus_value(const char *conf, const char *key,
			       struct bk_arena *arena)
{
	struct bk_buf line = {0};
	const char *value = NULL;
	size_t len = strlen(key);

	while (!value && next_line(&conf, &line)) {
		const char *text = bk_buf_text(&line);
		if (strncmp(text, key, len) == 0 && text[len] == ':') {
			text += len + 1;
			text += strspn(text, " \t");
			value = bk_arena_strdup(arena, text);
		}
	}
	bk_buf_clear(&line);
	return value;
}

/* What stands in quotes behind `key=` of a service; NULL: nothing. */
static const char *service_value(const char *line, const char *key,
				 struct bk_arena *arena)
{
	const char *at = strstr(line, key);

	if (!at)
		return NULL;
	at += strlen(key);
	return bk_arena_strndup(arena, at, strcspn(at, "\""));
}

/* "imap", "10143", "127.0.0.1:imap", "[::1]:143"; a socket's path is none. */
static void take_listen(const char *listen, bool tls, struct listening *at,
			struct bk_arena *arena)
{
	struct bk_err ignored = {0};
	const char *colon = strrchr(listen, ':');
	const char *port = colon ? colon + 1 : listen;
	uint64_t number;

	if (*listen == '/')
		return;
	if (strcmp(port, "imap") == 0)
		number = IMAP_PORT;
	else if (strcmp(port, "imaps") == 0)
		number = IMAPS_PORT;
	else if (bk_parse_number(port, UINT16_MAX, &number, &ignored) < 0)
		return;
	*(tls ? &at->imaps : &at->imap) = number;
	if (colon && !at->host && strncmp(listen, "0.0.0.0:", 8) != 0 &&
	    strncmp(listen, "[::]:", 5) != 0 && strncmp(listen, "*:", 2) != 0)
		at->host = bk_arena_strndup(arena, listen,
					    (size_t)(colon - listen));
}

/* imap cmd="imapd -U 30" listen="imap" prefork=0 */
static void take_service(const char *line, struct listening *at,
			 struct bk_arena *arena)
{
	const char *cmd = service_value(line, "cmd=\"", arena);
	const char *listen = service_value(line, "listen=\"", arena);

	if (*line == '#' || !cmd || !listen)
		return;
	size_t len = strcspn(cmd, " ");
	const char *program = bk_arena_strndup(arena, cmd, len);
	const char *slash = strrchr(program, '/');
	if (strcmp(slash ? slash + 1 : program, "imapd") != 0)
		return;
	const char *implicit = strstr(cmd + len, " -s");
	take_listen(listen,
		    implicit && (implicit[3] == ' ' || implicit[3] == 0), at,
		    arena);
}

bool bk_mail_of_cyrus(const char *imapd_conf, const char *cyrus_conf,
		      struct bk_arena *arena, struct bk_mail_found *out)
{
	struct listening at = {0};
	struct bk_buf line = {0}, login = {0};

	if (!cyrus_value(imapd_conf, "configdirectory", arena))
		return false;
	while (next_line(&cyrus_conf, &line))
		take_service(bk_buf_text(&line), &at, arena);
	const char *admins = cyrus_value(imapd_conf, "admins", arena);
	size_t len = admins ? strcspn(admins, " \t") : 0;
	bk_buf_printf(&login, "proxy:%.*s", len ? (int)len : 5,
		      len ? admins : "cyrus");
	out->by = "Cyrus";
	out->server = url_of(&at, arena);
	out->login = bk_arena_strdup(arena, bk_buf_text(&login));
	bk_buf_clear(&line);
	bk_buf_clear(&login);
	return true;
}
