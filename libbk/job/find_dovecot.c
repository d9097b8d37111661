/*
 * Where a Dovecot keeps mail, from what `doveconf -n` prints: mail_location of
 * 2.3, or mail_driver, mail_path and the like of 2.4.  See find_mail.h.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "job/find_mail.h"

/* Values of settings, in the arena; NULL: not there. */
struct dovecot {
	const char *location, *home;                 /* mail_... */
	const char *driver, *path, *control, *index; /* of 2.4 */
	const char *layout;                          /* the same */
	const char *userdb_home, *userdb_driver;     /* of the first one */
};

/* "key = value" of a line: the value, or NULL. */
static const char *value_of(const char *line, const char *key,
			    struct bk_arena *arena)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len) != 0)
		return NULL;
	line += len;
	line += strspn(line, " ");
	if (*line != '=')
		return NULL;
	line++;
	line += strspn(line, " ");
	return bk_arena_strndup(arena, line, strcspn(line, "\r\n"));
}

static void keep_first(const char **at, const char *value)
{
	if (value && !*at)
		*at = value;
}

static void read_main(const char *line, struct dovecot *d,
		      struct bk_arena *arena)
{
	const struct {
		const char *key;
		const char **at;
	} keys[] = {
		{"mail_location",       &d->location},
		{"mail_home",           &d->home    },
		{"mail_driver",         &d->driver  },
		{"mail_path",           &d->path    },
		{"mail_control_path",   &d->control },
		{"mail_index_path",     &d->index   },
		{"mailbox_list_layout", &d->layout  },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		keep_first(keys[i].at, value_of(line, keys[i].key, arena));
}

/* "uid=vmail gid=vmail home=/var/vmail/%d/%n", of args and default_fields. */
static void read_home(const char *fields, struct dovecot *d,
		      struct bk_arena *arena)
{
	const char *at = fields;

	while (at && strncmp(at, "home=", 5) != 0) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	if (at)
		keep_first(
			&d->userdb_home,
			bk_arena_strndup(arena, at + 5, strcspn(at + 5, " ")));
}

static void read_userdb(const char *line, struct dovecot *d,
			struct bk_arena *arena)
{
	static const char *const fields[] = {"args", "default_fields",
					     "override_fields", NULL};

	for (const char *const *f = fields; *f; f++)
		read_home(value_of(line, *f, arena), d, arena);
	keep_first(&d->userdb_home, value_of(line, "home", arena));
	keep_first(&d->userdb_driver, value_of(line, "driver", arena));
}

static void read_conf(const char *conf, struct dovecot *d,
		      struct bk_arena *arena)
{
	bool in_userdb = false;
	int depth = 0;

	for (const char *line = conf; *line;) {
		size_t len = strcspn(line, "\n");
		const char *text = line + strspn(line, " \t");
		const char *end = line + len;
		line = end + (*end == '\n');
		if (text >= end || *text == '#')
			continue;
		if (depth == 0)
			read_main(text, d, arena);
		else if (in_userdb)
			read_userdb(text, d, arena);
		if (end[-1] == '{' && depth++ == 0)
			in_userdb = strncmp(text, "userdb", 6) == 0;
		if (*text == '}' && depth > 0)
			depth--;
	}
}

/* ---- variables ---- */

/* "%{user | domain}", "%{username}" as one of ours; 0 for others. */
static char short_name(const char *name, size_t len)
{
	static const struct {
		const char *name;
		char letter;
	} known[] = {
		{"user",            'u'},
                {"username",        'n'},
		{"domain",          'd'},
                {"user|username",   'n'},
		{"user|domain",     'd'},
                {"user | username", 'n'},
		{"user | domain",   'd'},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i].name) == len &&
		    memcmp(known[i].name, name, len) == 0)
			return known[i].letter;
	return 0;
}

/* One character or variable of *text as a pattern of ours; false where it means
 * nothing here. */
static bool add_part(struct bk_buf *out, const char **text, const char *home)
{
	const char *at = *text;

	if (strncmp(at, "%h", 2) == 0) {
		bk_buf_printf(out, "%s", home ? home : "");
		*text += 2;
		return home;
	}
	if (strncmp(at, "%{", 2) != 0) {
		bk_buf_add_u8(out, (uint8_t)*at);
		++*text;
		return true;
	}
	size_t len = strcspn(at + 2, "}");
	char letter = short_name(at + 2, len);
	bk_buf_printf(out, "%%%c", letter);
	*text += 2 + len + (at[2 + len] != 0);
	return letter && at[2 + len];
}

/* A text of Dovecot's as a pattern of ours; NULL where it has variables that
 * mean nothing here, or a home that is not known. */
static const char *pattern_of(const char *text, const char *home,
			      struct bk_arena *arena)
{
	struct bk_buf out = {0};
	bool ok = true;

	if (*text == '~' && (!text[1] || text[1] == '/')) {
		bk_buf_printf(&out, "%s", home ? home : "");
		ok = home;
		text++;
	}
	while (ok && *text)
		ok = add_part(&out, &text, home);
	const char *made = ok && out.len && *out.data == '/'
				   ? bk_arena_strdup(arena, bk_buf_text(&out))
				   : NULL;
	bk_buf_clear(&out);
	return made;
}

/* "maildir:~/Maildir:LAYOUT=fs:INDEX=/var/index/%u" into its parts. */
static void split_location(struct dovecot *d, struct bk_arena *arena)
{
	static const char *const words[] = {"LAYOUT=", "CONTROL=", "INDEX="};
	const char **const into[] = {&d->layout, &d->control, &d->index};
	const char *at = d->location;
	size_t len = strcspn(at, ":");

	d->driver = bk_arena_strndup(arena, at, len);
	at += len + (at[len] == ':');
	len = strcspn(at, ":");
	d->path = bk_arena_strndup(arena, at, len);
	for (at += len; *at; at += len) {
		at++;
		len = strcspn(at, ":");
		for (size_t i = 0; i < 3; i++) {
			size_t key = strlen(words[i]);
			if (strncmp(at, words[i], key) == 0)
				*into[i] = bk_arena_strndup(arena, at + key,
							    len - key);
		}
	}
}

static const char *say(struct bk_arena *arena, const char *what,
		       const char *detail, const char *advice)
{
	char *text = bk_asprintf("Dovecot %s '%s': %s", what, detail, advice);
	const char *copy = bk_arena_strdup(arena, text);
	free(text);
	return copy;
}

/* Layouts of ours are spelt like Dovecot's, but in lower case. */
static const char *layout_of(const char *layout)
{
	if (!layout || !*layout)
		return NULL;
	return strcasecmp(layout, "fs") == 0          ? "fs"
	       : strcasecmp(layout, "maildir++") == 0 ? "maildir++"
						      : NULL;
}

int bk_mail_of_dovecot(const char *conf, struct bk_arena *arena,
		       struct bk_mail_found *out, const char **note)
{
	struct dovecot d = {0};

	*note = NULL;
	read_conf(conf, &d, arena);
	if (d.location && *d.location)
		split_location(&d, arena);
	if (!d.driver || !d.path)
		return 0;
	if (strcmp(d.driver, "maildir") != 0) {
		out->server = bk_mail_imap_of_dovecot(conf, arena);
		*note = say(arena, "keeps mail as", d.driver,
			    "it is read over IMAP");
		return 1;
	}
	const char *home = d.home ? d.home : d.userdb_home;
	if (!home && d.userdb_driver && strcmp(d.userdb_driver, "passwd") == 0)
		home = "/home/%u";
	home = home ? pattern_of(home, NULL, arena) : NULL;
	out->path = pattern_of(d.path, home, arena);
	if (!out->path) {
		*note = say(arena, "keeps mail at", d.path,
			    "name the path with %d, %n and %u in it");
		return 0;
	}
	out->layout = layout_of(d.layout);
	if (d.control && *d.control)
		out->control = pattern_of(d.control, home, arena);
	if (d.index && *d.index && strcmp(d.index, "MEMORY") != 0)
		out->index = pattern_of(d.index, home, arena);
	return 1;
}
