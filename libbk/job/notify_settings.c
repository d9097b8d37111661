/* The section [notify]: see notify.h. */

#include <stdlib.h>
#include <string.h>

#include "base/argv.h"
#include "base/parse.h"
#include "base/pattern.h"
#include "job/notify.h"
#include "job/reach_keys.h"
#include "job/schema_checks.h"
#include "net/http_post.h"
#include "net/url.h"

#define SENDMAIL       "sendmail:"
#define SENDMAIL_PATH  "/usr/sbin/sendmail"
#define USUALLY_BY     "smtp://localhost"
#define USUALLY_ON     "failure incomplete recovery"
#define USUALLY_AGAIN  "1d"
#define USUALLY_WEEKLY "mon 07:00"
#define KEPT_IN        "unsent"
#define HOUR_MS        ((int64_t)3600 * 1000)

int bk_notify_check_mail(const char *value, struct bk_err *err)
{
	struct bk_argv words = {0};
	int rc = bk_argv_split(&words, value, err);

	for (size_t i = 0; rc == 0 && i < words.n; i++) {
		const char *at = strrchr(words.items[i], '@');
		if (!at || at == words.items[i] || !at[1] ||
		    strpbrk(words.items[i], "<>,;\"\r\n"))
			rc = bk_fail(err, BK_MISUSE,
				     "'%s' is no address; write "
				     "admin@example.org",
				     words.items[i]);
	}
	bk_argv_clear(&words);
	return rc;
}

const char *bk_notify_sendmail(const char *way)
{
	if (strncmp(way, SENDMAIL, strlen(SENDMAIL)) != 0)
		return NULL;
	way += strlen(SENDMAIL);
	return *way ? way : SENDMAIL_PATH;
}

static bool is_smtp(const struct bk_url *url)
{
	return strcmp(url->scheme, "smtp") == 0 ||
	       strcmp(url->scheme, "smtps") == 0;
}

static int check_way(const char *way, struct bk_err *err)
{
	struct bk_url url = {0};

	if (bk_notify_sendmail(way))
		return *bk_notify_sendmail(way) == '/'
			       ? 0
			       : bk_fail(err, BK_MISUSE,
					 "'%s': write " SENDMAIL
					 "/absolute/path",
					 way);
	if (bk_url_parse(&url, way, err) < 0)
		return -1;
	int rc =
		is_smtp(&url) && !*url.path
			? 0
			: bk_fail(err, BK_MISUSE,
				  "'%s' is no way to send mail; write "
				  "smtp://HOST, smtps://USER@HOST or " SENDMAIL,
				  way);
	bk_url_clear(&url);
	return rc;
}

int bk_notify_check_via(const char *value, struct bk_err *err)
{
	struct bk_argv words = {0};
	int rc = bk_argv_split(&words, value, err);

	for (size_t i = 0; rc == 0 && i < words.n; i++)
		rc = check_way(words.items[i], err);
	bk_argv_clear(&words);
	return rc;
}

/* ---- what of jobs is told, and how else ---- */

static const char *const on_words[] = {"failure", "incomplete", "recovery",
				       "always",  "digest",     NULL};

/* Bits in the order of the words. */
static int read_on(const char *value, unsigned *on, struct bk_err *err)
{
	struct bk_names words = {0};
	int rc = 0;

	*on = 0;
	bk_names_add_words(&words, value);
	if (!words.n)
		rc = bk_fail(err, BK_MISUSE, "no word in '%s'", value);
	for (size_t i = 0; rc == 0 && i < words.n; i++) {
		rc = bk_check_word(words.items[i], on_words, err);
		for (unsigned bit = 0; rc == 0 && on_words[bit]; bit++)
			if (strcmp(words.items[i], on_words[bit]) == 0)
				*on |= 1U << bit;
	}
	bk_names_clear(&words);
	return rc;
}

int bk_notify_check_on(const char *value, struct bk_err *err)
{
	unsigned unused;

	return read_on(value, &unused, err);
}

int bk_notify_check_repeat(const char *value, struct bk_err *err)
{
	int64_t ms = 0;

	if (bk_parse_duration(value, &ms, err) < 0)
		return -1;
	if (ms < HOUR_MS)
		return bk_fail(err, BK_MISUSE, "'%s' is less than 1h", value);
	return 0;
}

int bk_notify_check_web(const char *value, struct bk_err *err)
{
	return bk_http_check_post(value, err);
}

/* As the section has them. */
struct texts {
	struct bk_notify_settings *notify;
	const char *mail, *via, *from, *on, *repeat, *digest;
};

static int set_key(void *at, const char *key, const char *value,
		   struct bk_err *err)
{
	/* clang-format off */
	static const struct bk_key_place places[] = {
		{"mail",    BK_KEY_TEXT, offsetof(struct texts, mail)},
		{"via",     BK_KEY_TEXT, offsetof(struct texts, via)},
		{"from",    BK_KEY_TEXT, offsetof(struct texts, from)},
		{"on",      BK_KEY_TEXT, offsetof(struct texts, on)},
		{"repeat",  BK_KEY_TEXT, offsetof(struct texts, repeat)},
		{"digest",  BK_KEY_TEXT, offsetof(struct texts, digest)},
		{NULL,      BK_KEY_TEXT, 0},
	};
	static const struct bk_key_place web[] = {
		{"webhook", BK_KEY_TEXT, offsetof(struct bk_notify_settings, webhook)},
		{"ping",    BK_KEY_TEXT, offsetof(struct bk_notify_settings, ping)},
		{"web-ca",  BK_KEY_TEXT, offsetof(struct bk_notify_settings, web_ca)},
		{NULL,      BK_KEY_TEXT, 0},
	};
	/* clang-format on */
	struct texts *texts = at;

	if (bk_reach_set(&texts->notify->reach, key, value, err) < 0)
		return -1;
	if (bk_key_set(web, texts->notify, key, value, err) < 0)
		return -1;
	return bk_key_set(places, texts, key, value, err);
}

int bk_settings_notify(struct bk_settings *settings, const char *to,
		       struct bk_notify_settings *out, struct bk_err *err)
{
	const struct bk_conf_section *section =
		bk_conf_find(&settings->conf, "notify", "");
	struct texts texts = {
		.notify = out,
		.via = USUALLY_BY,
		.on = USUALLY_ON,
		.repeat = USUALLY_AGAIN,
		.digest = USUALLY_WEEKLY,
	};
	char *folder = bk_asprintf("%s/" KEPT_IN, settings->state_dir);

	*out = (struct bk_notify_settings){
		.folder = bk_arena_strdup(&settings->arena, folder)};
	free(folder);
	if (to && bk_notify_check_mail(to, err) < 0)
		return bk_context(err, "--notify");
	if (section && bk_keys_of_section(section, set_key, &texts, err) < 0)
		return -1;
	out->from = texts.from;
	texts.mail = to ? to : texts.mail;
	if (read_on(texts.on, &out->on, err) < 0 ||
	    bk_parse_duration(texts.repeat, &out->repeat_ms, err) < 0 ||
	    bk_schedule_parse(texts.digest, &out->digest, err) < 0)
		return -1;
	if (texts.mail && bk_argv_split(&out->to, texts.mail, err) < 0)
		return -1;
	return bk_argv_split(&out->via, texts.via, err);
}

void bk_notify_settings_clear(struct bk_notify_settings *notify)
{
	bk_argv_clear(&notify->to);
	bk_argv_clear(&notify->via);
}
