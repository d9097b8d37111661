/* Two years in the life of two companies, and days after. */

#include <string.h>

#include "corpus/letter.h"
#include "corpus/scenes.h"

#define DAY  86400
#define DAYS 0xdadau /* what generators are seeded for */

/* Each day 0.5 % of all messages are deleted, 3 % get other flags, 0.7 % are
 * moved: thresholds for one draw. */
#define DELETED .005
#define FLAGGED .035
#define MOVED   .042

static int send_past(struct scene *scene, struct office *office,
		     uint64_t *letters, struct bk_err *err)
{
	const struct maildir *maildir = &scene->maildir;

	while (maildir->n_mails < scene->messages) {
		double part =
			(double)maildir->n_mails / (double)scene->messages;
		time_t when = SCENE_BEGIN +
			      (time_t)((SCENE_END - SCENE_BEGIN) * part);
		if (letter_send(office, &scene->maildir, (*letters)++, when,
				err) < 0)
			return -1;
	}
	return 0;
}

/* 1.5 % of the messages that there were at first. */
static int send_day(struct scene *scene, struct office *office,
		    uint64_t *letters, struct bk_err *err)
{
	const struct maildir *maildir = &scene->maildir;
	size_t before = maildir->n_mails;
	size_t wanted = scene->messages * 15 / 1000;

	while (maildir->n_mails < before + wanted) {
		double n = (double)(maildir->n_mails - before);
		time_t when =
			maildir->now - DAY + (time_t)(DAY * n / (double)wanted);
		if (letter_send(office, &scene->maildir, (*letters)++, when,
				err) < 0)
			return -1;
	}
	return 0;
}

/* Reads what is unread; of the rest, one flag changes. */
static int flag_mail(struct scene *scene, struct mail *mail, struct rng *rng,
		     struct bk_err *err)
{
	bool flagged = strchr(mail->flags, 'F') != NULL;
	bool replied = strchr(mail->flags, 'R') != NULL;
	char flags[4];
	size_t n = 0;

	if (mail->is_new)
		return maildir_flag(&scene->maildir, mail, "S", err);
	uint32_t which = rng_below(rng, 3);
	if (strchr(mail->flags, 'S') && which == 0)
		flagged = !flagged;
	else if (strchr(mail->flags, 'S'))
		replied = !replied;
	if (flagged)
		flags[n++] = 'F';
	if (replied)
		flags[n++] = 'R';
	flags[n++] = 'S';
	flags[n] = '\0';
	return maildir_flag(&scene->maildir, mail, flags, err);
}

static enum folder another_folder(struct rng *rng, enum folder folder)
{
	if (folder == FOLDER_INBOX)
		return rng_below(rng, 2) ? FOLDER_ARCHIVE_2023 : FOLDER_TRASH;
	return rng_below(rng, 3) ? FOLDER_ALPHA : FOLDER_TRASH;
}

static int use_mail(struct scene *scene, struct mail *mail, struct rng *rng,
		    struct bk_err *err)
{
	double q = rng_unit(rng);

	if (q < DELETED)
		return maildir_delete(&scene->maildir, mail, err);
	if (q < FLAGGED)
		return flag_mail(scene, mail, rng, err);
	if (q < MOVED)
		return maildir_move(&scene->maildir, mail,
				    another_folder(rng, mail->folder), err);
	return 0;
}

static int live_a_day(struct scene *scene, struct office *office,
		      uint64_t *letters, uint64_t day, struct bk_err *err)
{
	struct maildir *maildir = &scene->maildir;
	struct rng rng;

	rng_seed(&rng, scene->seed ^ DAYS, day);
	for (size_t i = 0, n = maildir->n_mails; i < n; i++)
		if (!maildir->mails[i].is_gone &&
		    use_mail(scene, &maildir->mails[i], &rng, err) < 0)
			return -1;
	if (send_day(scene, office, letters, err) < 0)
		return -1;
	return maildir_write_lists(maildir, err);
}

static int live(struct scene *scene, struct office *office, uint64_t day,
		struct bk_err *err)
{
	struct maildir *maildir = &scene->maildir;
	uint64_t letters = 0, bytes = 0;
	size_t mails = 0;

	maildir->now = SCENE_END;
	maildir->writing = day == 0;
	if (day == 0 && maildir_make(maildir, err) < 0)
		return -1;
	if (send_past(scene, office, &letters, err) < 0 ||
	    maildir_write_lists(maildir, err) < 0)
		return -1;
	for (uint64_t i = 1; i <= day; i++) {
		mails = maildir->n_mails;
		bytes = maildir->bytes;
		maildir->now += DAY;
		maildir->writing = i == day;
		if (live_a_day(scene, office, &letters, i, err) < 0)
			return -1;
	}
	scene_report(scene, mails, bytes);
	return 0;
}

int scene_office(struct scene *scene, uint64_t day, struct bk_err *err)
{
	struct office office = {
		.words = scene->words,
		.staff = scene->staff,
		.n_staff = scene->maildir.n_staff,
		.seed = scene->seed,
		.small = scene->small,
	};

	threads_init(&office.threads);
	int rc = live(scene, &office, day, err);
	threads_clear(&office.threads);
	bk_buf_clear(&office.text);
	bk_buf_clear(&office.html);
	bk_buf_clear(&office.letter);
	bk_buf_clear(&office.trace);
	bk_buf_clear(&office.file);
	return rc;
}
