/* What Dovecot writes beside the messages: dovecot-uidlist version 3 and
 * dovecot-keywords, of the folders that changed. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "corpus/maildir.h"
#include "corpus/rng.h"

#define GUIDS     991        /* what a generator is seeded for */
#define BEGINNING 1640000000 /* when the folders were made */

static int write_dated(const char *folder, const char *name,
		       const struct bk_buf *text, time_t when,
		       struct bk_err *err)
{
	const struct timespec times[2] = {
		{when, 0},
                {when, 0}
        };
	char *path = bk_asprintf("%s/%s", folder, name);
	int rc = 0;

	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		rc = bk_fail_errno(err, "%s", path);
	else
		rc = bk_fd_write(fd, text->data, text->len, err);
	if (rc == 0 && futimens(fd, times) < 0)
		rc = bk_fail_errno(err, "%s", path);
	if (fd >= 0)
		(void)close(fd);
	free(path);
	return rc;
}

static void begin_uidlist(const struct maildir *maildir, uint32_t user,
			  enum folder folder, struct bk_buf *text)
{
	uint32_t number = user * FOLDERS + folder;
	uint64_t guid[2];
	struct rng rng;

	rng_seed(&rng, maildir->seed ^ GUIDS, number);
	guid[1] = rng_next(&rng);
	guid[0] = rng_next(&rng);
	bk_buf_printf(text, "3 V%u N%u G%016jx%016jx\n",
		      BEGINNING + user * 31 + folder,
		      maildir->folders[user][folder].last_uid + 1,
		      (uintmax_t)guid[0], (uintmax_t)guid[1]);
}

static int write_folder(const struct maildir *maildir, uint32_t user,
			enum folder folder, const struct bk_buf *uidlist,
			struct bk_err *err)
{
	static const char keywords[] = "0 $Forwarded\n1 NonJunk\n2 $label1\n";
	struct bk_buf text = {0};
	char *path = maildir_folder_path(maildir, user, folder);

	bk_buf_add(&text, keywords, strlen(keywords));
	int rc = write_dated(path, "dovecot-uidlist", uidlist, maildir->now,
			     err);
	if (rc == 0)
		rc = write_dated(path, "dovecot-keywords", &text, BEGINNING,
				 err);
	bk_buf_clear(&text);
	free(path);
	return rc;
}

static int by_place(const void *a, const void *b)
{
	const struct mail *x = *(struct mail *const *)a;
	const struct mail *y = *(struct mail *const *)b;

	if (x->user != y->user)
		return x->user < y->user ? -1 : 1;
	if (x->folder != y->folder)
		return x->folder < y->folder ? -1 : 1;
	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* Mail of the folders that changed, sorted by user, folder and uid, ended by
 * a NULL. */
static const struct mail **changed_mails(const struct maildir *maildir)
{
	const struct mail **sorted =
		bk_alloc((maildir->n_mails + 1) * sizeof(struct mail *));
	size_t n = 0;

	for (size_t i = 0; i < maildir->n_mails; i++) {
		const struct mail *mail = &maildir->mails[i];
		if (!mail->is_gone &&
		    maildir->folders[mail->user][mail->folder].changed)
			sorted[n++] = mail;
	}
	qsort(sorted, n, sizeof(struct mail *), by_place);
	return sorted;
}

static int write_changed(const struct maildir *maildir, struct bk_err *err)
{
	const struct mail **sorted = changed_mails(maildir), **next = sorted;
	struct bk_buf text = {0};
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < maildir->n_staff * FOLDERS; i++) {
		uint32_t user = i / FOLDERS;
		enum folder folder = (enum folder)(i % FOLDERS);
		if (!maildir->folders[user][folder].changed)
			continue;
		text.len = 0;
		begin_uidlist(maildir, user, folder, &text);
		for (; *next && (*next)->user == user &&
		       (*next)->folder == folder;
		     next++)
			bk_buf_printf(&text, "%u :%s\n", (*next)->uid,
				      (*next)->name);
		rc = write_folder(maildir, user, folder, &text, err);
	}
	bk_buf_clear(&text);
	free(sorted);
	return rc;
}

int maildir_write_lists(struct maildir *maildir, struct bk_err *err)
{
	if (maildir->writing && write_changed(maildir, err) < 0)
		return -1;
	for (uint32_t i = 0; i < maildir->n_staff * FOLDERS; i++)
		maildir->folders[i / FOLDERS][i % FOLDERS].changed = false;
	return 0;
}
