/* Mails to the administrator: see notify.h. */

#include "job/notify.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/argv.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/run.h"
#include "crypto/random.h"
#include "job/reach_keys.h"
#include "mail/notice.h"
#include "net/http_post.h"
#include "net/smtp.h"

#define SENDMAIL_MS    60000
#define ID_BYTES       12
#define COMPLAINT_ROOM 300

/* ---- one mail ---- */

struct sending {
	const struct bk_notify_settings *notify;
	char *from;
	struct bk_buf text;
	bool to_people;
};

static void write_mail(struct sending *sending,
		       const struct bk_notify_text *what)
{
	char host[256] = "", id[2 * ID_BYTES + 1];
	uint8_t bytes[ID_BYTES];

	(void)gethostname(host, sizeof(host) - 1);
	bk_random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < ID_BYTES; i++)
		(void)snprintf(id + 2 * i, 3, "%02x", bytes[i]);
	sending->from = sending->notify->from ? bk_strdup(sending->notify->from)
					      : bk_asprintf("bk@%s", host);
	char *subject = bk_asprintf("%s%s", what->to_people ? "" : "[bk] ",
				    what->subject);
	const struct bk_notice notice = {
		.from = sending->from,
		.to = (const char *const *)sending->notify->to.items,
		.n_to = sending->notify->to.n,
		.subject = subject,
		.matter = what->matter,
		.text = what->text,
		.json = what->json,
		.id = id,
		.host = *host ? host : "localhost",
		.time = bk_clock_now(),
	};
	bk_notice_write(&sending->text, &notice);
	free(subject);
}

static int by_smtp(const struct sending *sending, const char *way,
		   struct bk_err *err)
{
	struct bk_names refused = {0};
	const struct bk_smtp_mail mail = {
		.from = sending->from,
		.to = (const char *const *)sending->notify->to.items,
		.n_to = sending->notify->to.n,
		.message = bk_buf_view(&sending->text),
		/* One address that is dead keeps no administrator from
		 * knowing; to people it is all or nothing. */
		.refused = sending->to_people ? NULL : &refused,
	};
	struct bk_access access = sending->notify->reach.access;
	struct bk_link *link = NULL;
	struct bk_url url = {0};

	int rc = bk_url_parse(&url, way, err);
	if (rc == 0) {
		access.here = bk_url_is_here(&url);
		access.allow_cleartext |= access.here;
		rc = bk_link_open(&link, &url, &access, err);
	}
	if (rc == 0)
		rc = bk_smtp_send(link, &mail, err);
	for (size_t i = 0; i < refused.n; i++)
		bk_log(BK_LOG_ERROR, "%s refuses %s", way, refused.items[i]);
	bk_names_clear(&refused);
	bk_link_close(link);
	bk_url_clear(&url);
	return rc;
}

static int run_sendmail(const struct bk_argv *argv, int input,
			struct bk_err *err)
{
	char complaint[COMPLAINT_ROOM];
	uint8_t said[COMPLAINT_ROOM];
	const struct bk_program run = {
		.argv = argv->items,
		.timeout_ms = SENDMAIL_MS,
		.input = input,
		.out = said,
		.room = sizeof(said),
		.complaint = complaint,
		.complaint_room = sizeof(complaint),
		.apart = true,
		.chatty = true, /* it has the mail all the same */
	};
	size_t len = 0;
	int status = 0;

	if (bk_run(&run, &len, &status, err) < 0) {
		if (err->kind == BK_LOST)
			err->kind = BK_UNSAFE; /* it may be queued already */
		return -1;
	}
	complaint[strcspn(complaint, "\n")] = 0;
	return status ? bk_fail(err, BK_REFUSED, "%s ended with status %d%s%s",
				argv->items[0], status, *complaint ? ": " : "",
				complaint)
		      : 0;
}

/* Lines end in LF alone there. */
static int by_sendmail(const struct sending *sending, const char *way,
		       struct bk_err *err)
{
	const struct bk_argv *to = &sending->notify->to;
	struct bk_argv argv = {0};
	struct bk_buf text = {0};

	for (size_t i = 0; i < sending->text.len; i++)
		if (sending->text.data[i] != '\r')
			bk_buf_add_u8(&text, sending->text.data[i]);
	bk_argv_add(&argv, bk_notify_sendmail(way));
	bk_argv_add(&argv, "-i");
	bk_argv_add(&argv, "-f");
	bk_argv_add(&argv, sending->from);
	bk_argv_add(&argv, "--");
	for (size_t i = 0; i < to->n; i++)
		bk_argv_add(&argv, to->items[i]);
	int fd = bk_fd_nameless("/tmp");
	int rc = fd < 0 ? bk_fail_errno(err, "a file in /tmp")
			: bk_fd_write(fd, text.data, text.len, err);
	if (rc == 0 && lseek(fd, 0, SEEK_SET) < 0)
		rc = bk_fail_errno(err, "a file in /tmp");
	if (rc == 0)
		rc = run_sendmail(&argv, fd, err);
	if (fd >= 0)
		(void)close(fd);
	bk_argv_clear(&argv);
	bk_buf_clear(&text);
	return rc;
}

/* Twice is worse than not at all, to people. */
static bool may_try_another(const struct bk_notify_text *what,
			    const struct bk_err *why)
{
	return !what->to_people || why->kind != BK_UNSAFE;
}

static char *kept_path(const char *folder, const char *name)
{
	char when[BK_CLOCK_TEXT];

	if (name)
		return bk_asprintf("%s/%s.eml", folder, name);
	return bk_asprintf("%s/%s-%ld.eml", folder,
			   bk_clock_compact(when, bk_clock_now()),
			   (long)getpid());
}

/* What is kept by that name is told now, or not true any more. */
static void forget_kept(const struct sending *sending, const char *name)
{
	if (!name)
		return;
	char *path = kept_path(sending->notify->folder, name);
	(void)unlink(path);
	free(path);
}

/* 1: kept; -1. */
static int keep(const struct sending *sending, const char *name, char **how,
		struct bk_err *err)
{
	const char *folder = sending->notify->folder;
	struct bk_err why = {0};

	char *path = kept_path(folder, name);
	int rc = bk_dir_make(AT_FDCWD, folder, 0700, &why);
	if (rc == 0)
		rc = bk_file_replace(AT_FDCWD, path,
				     bk_buf_view(&sending->text), 0600, &why);
	if (rc < 0) {
		(void)bk_context(err,
				 "no way took the mail, and it could not "
				 "be kept (%s)",
				 why.text);
		free(path);
		return -1;
	}
	*how = path;
	return 1;
}

int bk_notify(const struct bk_notify_settings *notify,
	      const struct bk_notify_text *what, char **how, struct bk_err *err)
{
	struct sending sending = {.notify = notify,
				  .to_people = what->to_people};
	int rc = -1;

	*how = NULL;
	write_mail(&sending, what);
	for (size_t i = 0; rc < 0 && i < notify->via.n; i++) {
		const char *way = notify->via.items[i];
		rc = bk_notify_sendmail(way) ? by_sendmail(&sending, way, err)
					     : by_smtp(&sending, way, err);
		if (rc == 0)
			*how = bk_asprintf("by %s", way);
		else if (!may_try_another(what, err))
			break;
		else if (i + 1 < notify->via.n)
			bk_log(BK_LOG_WARN,
			       "the mail did not go: %s; trying "
			       "%s",
			       err->text, notify->via.items[i + 1]);
	}
	if (rc < 0 && !what->to_people)
		rc = keep(&sending, what->kept_as, how, err);
	else if (rc == 0)
		forget_kept(&sending, what->kept_as);
	free(sending.from);
	bk_buf_clear(&sending.text);
	return rc;
}

bool bk_notify_tell(const struct bk_notify_settings *notify,
		    const struct bk_notify_text *what)
{
	struct bk_err err = {0};
	char *how = NULL;

	int rc = bk_notify(notify, what, &how, &err);
	if (rc == 0)
		bk_log(BK_LOG_DEBUG, "%s has a mail, %s", notify->to.items[0],
		       how);
	else if (rc > 0)
		bk_log(BK_LOG_ERROR,
		       "%s has no mail: %s. It is kept in %s; mend [notify], "
		       "or send it on",
		       notify->to.items[0], err.text, how);
	else
		bk_log(BK_LOG_ERROR, "%s has no mail: %s", notify->to.items[0],
		       err.text);
	free(how);
	return rc == 0;
}

int bk_notify_post(const struct bk_notify_settings *notify,
		   const struct bk_post *post, struct bk_err *err)
{
	const struct bk_access *mail = &notify->reach.access;
	const struct bk_access access = {
		.ca = notify->web_ca,
		.proxy = mail->proxy,
		.proxy_password = mail->proxy_password,
		.allow_cleartext = mail->allow_cleartext,
		.timeout_s = mail->timeout_s,
	};

	return bk_http_post(post, &access, err);
}
