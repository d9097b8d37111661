/* A tree of Maildirs as Dovecot keeps it: see maildir.h. */

#include "corpus/maildir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "corpus/rng.h"

/* What generators are seeded for, beside the corpus's own seed. */
#define NAMES 0x5151u

static const char *const folder_names[FOLDERS] = {
	"",
	".Sent",
	".Archive.2022",
	".Archive.2023",
	".Projects.Alpha",
	".Projects.Beta",
	".Lists",
	".Trash",
	".Junk",
};

void maildir_init(struct maildir *maildir, const char *top,
		  const struct person *staff, uint32_t n_staff, uint64_t seed)
{
	*maildir = (struct maildir){
		.top = top,
		.seed = seed,
		.writing = true,
		.staff = staff,
		.n_staff = n_staff,
		.folders = bk_alloc(n_staff * sizeof(*maildir->folders)),
	};
}

void maildir_clear(struct maildir *maildir)
{
	free(maildir->mails);
	free(maildir->folders);
	*maildir = (struct maildir){0};
}

char *maildir_folder_path(const struct maildir *maildir, uint32_t user,
			  enum folder folder)
{
	const struct person *person = &maildir->staff[user];

	return bk_asprintf("%s/%s/%s/Maildir%s%s", maildir->top,
			   staff_domains[person->domain], person->local,
			   folder == FOLDER_INBOX ? "" : "/",
			   folder_names[folder]);
}

static char *mail_path(const struct maildir *maildir, const struct mail *mail)
{
	char *folder = maildir_folder_path(maildir, mail->user, mail->folder);
	char *path = mail->is_new ? bk_asprintf("%s/new/%s", folder, mail->name)
				  : bk_asprintf("%s/cur/%s:2,%s", folder,
						mail->name, mail->flags);

	free(folder);
	return path;
}

/* ---- folders ---- */

static int put_file(const char *folder, const char *name, mode_t mode,
		    const char *text, struct bk_err *err)
{
	char *path = bk_asprintf("%s/%s", folder, name);
	int rc = 0;

	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		rc = bk_fail_errno(err, "%s", path);
	else
		rc = bk_fd_write(fd, text, strlen(text), err);
	if (fd >= 0)
		(void)close(fd);
	free(path);
	return rc;
}

static int make_home(const struct maildir *maildir, uint32_t user,
		     struct bk_err *err)
{
	const struct person *person = &maildir->staff[user];
	char *path = bk_asprintf("%s/%s/%s", maildir->top,
				 staff_domains[person->domain], person->local);
	int rc = bk_dir_make(AT_FDCWD, path, 0755, err);

	free(path);
	return rc;
}

static int make_folder(const struct maildir *maildir, uint32_t user,
		       enum folder folder, struct bk_err *err)
{
	static const char *const parts[] = {"cur", "new", "tmp"};
	char *path = maildir_folder_path(maildir, user, folder);
	int rc = bk_dir_make(AT_FDCWD, path, 0700, err);

	for (size_t i = 0; rc == 0 && i < COUNT_OF(parts); i++) {
		char *part = bk_asprintf("%s/%s", path, parts[i]);
		rc = bk_dir_make(AT_FDCWD, part, 0700, err);
		free(part);
	}
	if (rc == 0 && folder != FOLDER_INBOX)
		rc = put_file(path, "maildirfolder", 0600, "", err);
	free(path);
	return rc;
}

static int subscribe(const struct maildir *maildir, uint32_t user,
		     struct bk_err *err)
{
	struct bk_buf text = {0};
	char *inbox = maildir_folder_path(maildir, user, FOLDER_INBOX);

	bk_buf_printf(&text, "V\t2\n\n");
	for (size_t i = FOLDER_INBOX + 1; i < FOLDERS; i++)
		bk_buf_printf(&text, "%s\n", folder_names[i] + 1);
	int rc =
		put_file(inbox, "subscriptions", 0644, bk_buf_text(&text), err);
	free(inbox);
	bk_buf_clear(&text);
	return rc;
}

int maildir_make(const struct maildir *maildir, struct bk_err *err)
{
	for (uint32_t user = 0; user < maildir->n_staff; user++) {
		if (make_home(maildir, user, err) < 0)
			return -1;
		for (enum folder i = FOLDER_INBOX; i < FOLDERS; i++)
			if (make_folder(maildir, user, i, err) < 0)
				return -1;
		if (subscribe(maildir, user, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- messages ---- */

static size_t count_lines(struct bk_view text)
{
	const uint8_t *at = text.data, *end = text.data + text.len;
	size_t n = 0;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		n++;
		at++;
	}
	return n;
}

static int write_mail(const struct maildir *maildir, const struct mail *mail,
		      const struct delivery *delivery, struct rng *rng,
		      struct bk_err *err)
{
	struct timespec times[2];
	char *path = mail_path(maildir, mail);
	int rc = -1;

	for (size_t i = 0; i < 2; i++) {
		times[i].tv_sec = delivery->when;
		times[i].tv_nsec = (long)rng_below(rng, 1000000) * 1000;
	}
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		bk_fail_errno(err, "%s", path);
		goto out;
	}
	if (bk_fd_write(fd, delivery->trace.data, delivery->trace.len, err) <
		    0 ||
	    bk_fd_write(fd, delivery->letter.data, delivery->letter.len, err) <
		    0)
		goto out;
	if (futimens(fd, times) < 0) {
		bk_fail_errno(err, "%s", path);
		goto out;
	}
	rc = 0;
out:
	if (fd >= 0)
		(void)close(fd);
	free(path);
	return rc;
}

int maildir_deliver(struct maildir *maildir, const struct delivery *delivery,
		    struct bk_err *err)
{
	size_t size = delivery->trace.len + delivery->letter.len;
	size_t crlf_size = size + count_lines(delivery->trace) +
			   count_lines(delivery->letter);
	struct folder_state *state =
		&maildir->folders[delivery->user][delivery->folder];
	uint32_t field[2];
	struct rng rng;

	rng_seed(&rng, maildir->seed ^ NAMES, maildir->n_mails);
	maildir->mails =
		bk_array_room(maildir->mails, maildir->n_mails,
			      &maildir->cap_mails, sizeof(*maildir->mails));
	struct mail *mail = &maildir->mails[maildir->n_mails++];
	*mail = (struct mail){
		.user = delivery->user,
		.uid = ++state->last_uid,
		.folder = delivery->folder,
		.is_new = delivery->is_new,
	};
	state->changed = true;
	if (!mail->is_new)
		(void)snprintf(mail->flags, sizeof(mail->flags), "%s",
			       delivery->flags);
	rng_fields(&rng, field, (const uint32_t[]){1000000, 30000}, 2);
	(void)snprintf(mail->name, sizeof(mail->name),
		       "%jd.M%uP%u.imap%u,S=%zu,W=%zu",
		       (intmax_t)delivery->when, field[0], 1000 + field[1],
		       1 + maildir->staff[mail->user].domain, size, crlf_size);
	maildir->bytes += size;
	return maildir->writing ? write_mail(maildir, mail, delivery, &rng, err)
				: 0;
}

int maildir_delete(struct maildir *maildir, struct mail *mail,
		   struct bk_err *err)
{
	char *path = mail_path(maildir, mail);
	int rc = 0;

	if (maildir->writing && unlink(path) < 0)
		rc = bk_fail_errno(err, "%s", path);
	free(path);
	mail->is_gone = true;
	maildir->folders[mail->user][mail->folder].changed = true;
	return rc;
}

/* The mail has another name now: its file follows. */
static int follow(const struct maildir *maildir, const struct mail *mail,
		  char *from, struct bk_err *err)
{
	char *to = mail_path(maildir, mail);
	int rc = 0;

	if (maildir->writing && renameat(AT_FDCWD, from, AT_FDCWD, to) < 0)
		rc = bk_fail_errno(err, "%s", from);
	free(to);
	free(from);
	return rc;
}

int maildir_flag(struct maildir *maildir, struct mail *mail, const char *flags,
		 struct bk_err *err)
{
	char *from = mail_path(maildir, mail);

	mail->is_new = false;
	(void)snprintf(mail->flags, sizeof(mail->flags), "%s", flags);
	return follow(maildir, mail, from, err);
}

int maildir_move(struct maildir *maildir, struct mail *mail, enum folder to,
		 struct bk_err *err)
{
	struct folder_state *folders = maildir->folders[mail->user];
	char *from = mail_path(maildir, mail);

	folders[mail->folder].changed = true;
	folders[to].changed = true;
	mail->folder = to;
	if (mail->is_new)
		(void)snprintf(mail->flags, sizeof(mail->flags), "S");
	mail->is_new = false;
	mail->uid = ++folders[to].last_uid;
	return follow(maildir, mail, from, err);
}
