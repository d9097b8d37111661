/* What mail a host has: see find_mail.h. */

#include "job/find_mail.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/run.h"

#define CONF_MAX   ((size_t)1 << 20)
#define TIMEOUT_MS 20000

void bk_mail_search_clear(struct bk_mail_search *search)
{
	bk_arena_clear(&search->arena);
	free(search->items);
	bk_names_clear(&search->notes);
	*search = (struct bk_mail_search){0};
}

static void add(struct bk_mail_search *search, const struct bk_mail_found *mail)
{
	search->items = bk_array_room(search->items, search->n, &search->cap,
				      sizeof(*search->items));
	search->items[search->n++] = *mail;
}

static bool is_known(const struct bk_mail_search *search, const char *path)
{
	for (size_t i = 0; i < search->n; i++)
		if (search->items[i].path &&
		    strcmp(search->items[i].path, path) == 0)
			return true;
	return false;
}

/* What doveconf prints, as a string; false where there is no Dovecot. */
static bool ask_dovecot(struct bk_buf *conf)
{
	static char name[] = "doveconf", changed[] = "-n";
	char *const argv[] = {name, changed, NULL};
	struct bk_err ignored = {0};
	char complaint[256];
	size_t len = 0;
	int status = 0;

	const struct bk_program run = {
		.argv = argv,
		.timeout_ms = TIMEOUT_MS,
		.out = bk_buf_grow(conf, CONF_MAX),
		.room = CONF_MAX,
		.complaint = complaint,
		.complaint_room = sizeof(complaint),
		.apart = true,
	};
	/* It prints what it knows, and then complains of what it misses. */
	if (bk_run(&run, &len, &status, &ignored) < 0)
		return false;
	conf->len = len;
	return len > 0;
}

static void find_dovecot(struct bk_mail_search *search)
{
	struct bk_mail_found mail = {.by = "Dovecot"};
	struct bk_buf conf = {0};
	const char *note = NULL;

	if (ask_dovecot(&conf) &&
	    bk_mail_of_dovecot(bk_buf_text(&conf), &search->arena, &mail,
			       &note)) {
		(void)bk_mail_count(&mail, false);
		add(search, &mail);
	}
	if (note)
		bk_names_add(&search->notes, note);
	bk_buf_clear(&conf);
}

static void read_conf(const char *path, struct bk_buf *conf)
{
	struct bk_err ignored = {0};

	if (bk_file_read(AT_FDCWD, path, CONF_MAX, conf, &ignored) < 0)
		conf->len = 0;
}

/* Its files say less than its replies do: a Cyrus is read over IMAP. */
static void find_cyrus(struct bk_mail_search *search)
{
	struct bk_buf imapd = {0}, cyrus = {0};
	struct bk_mail_found mail = {0};

	read_conf("/etc/imapd.conf", &imapd);
	read_conf("/etc/cyrus.conf", &cyrus);
	if (bk_mail_of_cyrus(bk_buf_text(&imapd), bk_buf_text(&cyrus),
			     &search->arena, &mail))
		add(search, &mail);
	bk_buf_clear(&imapd);
	bk_buf_clear(&cyrus);
}

/* "MAILDIRPATH=Maildir": below each home. */
static void find_courier(struct bk_mail_search *search)
{
	static const char key[] = "\nMAILDIRPATH=";
	struct bk_mail_found mail = {.by = "Courier"};
	struct bk_buf conf = {0}, path = {0};
	struct bk_err ignored = {0};

	bk_buf_printf(&path, "/home/%%u/Maildir");
	if (bk_file_read(AT_FDCWD, "/etc/courier/imapd", CONF_MAX, &conf,
			 &ignored) < 0)
		goto out;
	const char *at = strstr(bk_buf_text(&conf), key);
	if (at && at[sizeof(key) - 1] != '/') {
		at += sizeof(key) - 1;
		path.len = strlen("/home/%u/");
		bk_buf_add(&path, at, strcspn(at, " \t\r\n"));
	}
	mail.path = bk_arena_strdup(&search->arena, bk_buf_text(&path));
	if (!is_known(search, mail.path) && bk_mail_count(&mail, true))
		add(search, &mail);
out:
	bk_buf_clear(&conf);
	bk_buf_clear(&path);
}

static void find_trees(struct bk_mail_search *search)
{
	static const char *const usual[] = {
		"/var/vmail/%d/%n/Maildir",
		"/var/vmail/%d/%n",
		"/var/mail/vhosts/%d/%n",
		"/var/mail/vmail/%d/%n",
		"/var/mail/virtual/%d/%n",
		"/var/spool/vmail/%d/%n",
		"/srv/vmail/%d/%n/Maildir",
		"/srv/vmail/%d/%n",
		"/srv/mail/%d/%n/Maildir",
		"/srv/mail/%d/%n",
		"/home/vmail/%d/%n/Maildir",
		"/home/vmail/%d/%n",
		"/home/%u/Maildir",
		"/home/%u/mail",
		NULL,
	};

	for (const char *const *path = usual; *path; path++) {
		struct bk_mail_found mail = {.by = "Maildir tree",
					     .path = *path};
		if (!is_known(search, *path) && bk_mail_count(&mail, true))
			add(search, &mail);
	}
}

void bk_mail_find(struct bk_mail_search *out)
{
	find_dovecot(out);
	find_courier(out);
	find_trees(out);
	find_cyrus(out);
}
