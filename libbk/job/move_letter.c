/* What people are told of the move of their accounts: see move_letter.h. */

#include "job/move_letter.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/pattern.h"
#include "base/utf8.h"
#include "job/account_file.h"
#include "job/reach_keys.h"

#define TEXT_MOST ((size_t)64 << 10)
#define SUBJECT   "Subject: "

static const char *const usual[] = {
	[BK_LETTER_BEFORE] = SUBJECT
	"Your mailbox %u is going to move\n"
	"\n"
	"Hello,\n"
	"\n"
	"your mailbox %u is going to move to another mail "
	"server: %w.\n"
	"\n"
	"You can go on working.  When it moves, you are logged "
	"out for a moment, mostly\n"
	"for less than a minute; what is sent to you then is "
	"delivered afterwards.\n"
	"You will find your folders and messages as you left "
	"them.\n",
	[BK_LETTER_AFTER] = SUBJECT
	"Your mailbox %u has moved\n"
	"\n"
	"Hello,\n"
	"\n"
	"your mailbox %u has moved to another mail server, "
	"with your folders and\n"
	"messages (%w).\n"
	"\n"
	"Your mail program may fetch everything once more; "
	"let it.  If anything is\n"
	"missing, please tell your administrator.\n",
};

static const char *const which[] = {
	[BK_LETTER_BEFORE] = "before",
	[BK_LETTER_AFTER] = "after",
};

/* ---- settings ---- */

static int read_which(const char *words, bool wanted[BK_LETTERS],
		      struct bk_err *err)
{
	struct bk_names names = {0};
	int rc = 0;

	bk_names_add_words(&names, words);
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		const char *word = names.items[i];
		if (strcmp(word, which[BK_LETTER_BEFORE]) == 0)
			wanted[BK_LETTER_BEFORE] = true;
		else if (strcmp(word, which[BK_LETTER_AFTER]) == 0)
			wanted[BK_LETTER_AFTER] = true;
		else if (strcmp(word, "none") != 0 || names.n > 1)
			rc = bk_fail(err, BK_MISUSE,
				     "'%s': write before, after, before,after "
				     "or none",
				     words);
	}
	bk_names_clear(&names);
	return rc;
}

int bk_letter_check_which(const char *words, struct bk_err *err)
{
	bool wanted[BK_LETTERS] = {false};

	return read_which(words, wanted, err);
}

/* As the section has them. */
struct texts {
	const char *users, *from;
	const char *files[BK_LETTERS];
};

static int set_key(void *at, const char *key, const char *value,
		   struct bk_err *err)
{
	/* clang-format off */
	static const struct bk_key_place places[] = {
		{"users",        BK_KEY_TEXT, offsetof(struct texts, users)},
		{"users-from",   BK_KEY_TEXT, offsetof(struct texts, from)},
		{"users-before", BK_KEY_TEXT, offsetof(struct texts, files[BK_LETTER_BEFORE])},
		{"users-after",  BK_KEY_TEXT, offsetof(struct texts, files[BK_LETTER_AFTER])},
		{NULL,           BK_KEY_TEXT, 0},
	};
	/* clang-format on */

	return bk_key_set(places, at, key, value, err);
}

static int read_text(struct bk_settings *settings, const char *path,
		     const char **out, struct bk_err *err)
{
	struct bk_buf text = {0};

	int rc = bk_file_read(AT_FDCWD, path, TEXT_MOST, &text, err);
	if (rc == 0 && memchr(text.data, 0, text.len))
		rc = bk_fail(err, BK_MISUSE, "it is no text");
	if (rc == 0)
		rc = bk_letter_check(bk_buf_text(&text), err);
	if (rc == 0)
		*out = bk_arena_strdup(&settings->arena, bk_buf_text(&text));
	else if (strstr(err->text, path) == NULL)
		(void)bk_context(err, "%s", path);
	bk_buf_clear(&text);
	return rc;
}

int bk_settings_letters(struct bk_settings *settings, const char *said,
			struct bk_letter_settings *out, struct bk_err *err)
{
	const struct bk_conf_section *section =
		bk_conf_find(&settings->conf, "notify", "");
	struct texts texts = {0};

	*out = (struct bk_letter_settings){0};
	if (section && bk_keys_of_section(section, set_key, &texts, err) < 0)
		return -1;
	if (said && read_which(said, out->wanted, err) < 0)
		return bk_context(err, "--notify-users");
	if (!said && texts.users &&
	    read_which(texts.users, out->wanted, err) < 0)
		return -1;
	out->from = texts.from;
	for (int i = 0; i < BK_LETTERS; i++)
		if (texts.files[i] && read_text(settings, texts.files[i],
						&out->texts[i], err) < 0)
			return bk_context(err, "users-%s", which[i]);
	return 0;
}

/* ---- texts ---- */

int bk_letter_check(const char *text, struct bk_err *err)
{
	if (!bk_utf8_valid(text, strlen(text)))
		return bk_fail(err, BK_MISUSE, "it is no UTF-8");
	if (!*text)
		return bk_fail(err, BK_MISUSE, "it is empty");
	for (const char *c = text; (c = strchr(c, '%')); c += 2)
		if (!c[1] || !strchr("%undstw", c[1]))
			return bk_fail(err, BK_MISUSE,
				       "'%.2s': there are %%u, %%n and %%d "
				       "(the address), %%s and %%t (from and "
				       "to), %%w (when); %%%% is a percent "
				       "sign",
				       c);
	return 0;
}

static void add_variable(struct bk_buf *out, char variable,
			 const struct bk_letter_words *words)
{
	const char *account = words->account, *at = strrchr(account, '@');
	size_t local = at ? (size_t)(at - account) : strlen(account);

	switch (variable) {
	case 'u':
		bk_buf_printf(out, "%s", account);
		break;
	case 'n':
		bk_buf_add(out, account, local);
		break;
	case 'd':
		bk_buf_printf(out, "%s", at ? at + 1 : "");
		break;
	case 's':
		bk_buf_printf(out, "%s", words->source);
		break;
	case 't':
		bk_buf_printf(out, "%s", words->destination);
		break;
	case 'w':
		bk_buf_printf(out, "%s", words->when);
		break;
	case '%':
		bk_buf_add_u8(out, '%');
		break;
	}
}

/* Lines of files from elsewhere end in CR LF. */
static void add_text(struct bk_buf *out, const char *text, size_t len,
		     const struct bk_letter_words *words)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '%' && i + 1 < len)
			add_variable(out, text[++i], words);
		else if (text[i] != '\r')
			bk_buf_add_u8(out, (uint8_t)text[i]);
	}
}

static bool has_subject(const char *text)
{
	return strncmp(text, SUBJECT, strlen(SUBJECT)) == 0;
}

void bk_letter_write(enum bk_letter letter, const char *text,
		     const struct bk_letter_words *words,
		     struct bk_buf *subject, struct bk_buf *body)
{
	if (!text)
		text = usual[letter];
	const char *line =
		(has_subject(text) ? text : usual[letter]) + strlen(SUBJECT);
	add_text(subject, line, strcspn(line, "\n"), words);
	if (has_subject(text)) {
		text += strcspn(text, "\n");
		text += strspn(text, "\r\n");
	}
	add_text(body, text, strlen(text), words);
}

/* ---- how far they are ---- */

static const char *const states[] = {
	[BK_LETTER_NONE] = "none",
	[BK_LETTER_DUE] = "due",
	[BK_LETTER_SENDING] = "sending",
	[BK_LETTER_SENT] = "sent",
};

static char *path_of(const char *folder, const char *account,
		     enum bk_letter letter)
{
	char *file = bk_account_file(folder, account);
	char *path = bk_asprintf("%s.%s", file, which[letter]);

	free(file);
	return path;
}

int bk_letter_note(const char *folder, const char *account,
		   enum bk_letter letter, enum bk_letter_state state,
		   struct bk_err *err)
{
	char *path = path_of(folder, account, letter);
	struct bk_buf text = {0};
	int rc;

	bk_buf_printf(&text, "%s\n", states[state]);
	if (state == BK_LETTER_NONE)
		rc = bk_account_file_drop(path, err);
	else
		rc = bk_account_file_write(folder, path, bk_buf_view(&text),
					   err);
	bk_buf_clear(&text);
	free(path);
	return rc;
}

int bk_letter_noted(const char *folder, const char *account,
		    enum bk_letter letter, enum bk_letter_state *out,
		    struct bk_err *err)
{
	char *path = path_of(folder, account, letter);
	struct bk_buf text = {0};
	struct bk_err why = {0};

	*out = BK_LETTER_SENDING;
	int rc = bk_file_read(AT_FDCWD, path, TEXT_MOST, &text, &why);
	for (unsigned i = BK_LETTER_DUE; rc == 0 && i <= BK_LETTER_SENT; i++)
		if (strncmp(bk_buf_text(&text), states[i], strlen(states[i])) ==
		    0)
			*out = (enum bk_letter_state)i;
	if (rc < 0 && why.kind == BK_GONE) {
		*out = BK_LETTER_NONE;
		rc = 0;
	}
	if (rc < 0)
		*err = why;
	bk_buf_clear(&text);
	free(path);
	return rc;
}
