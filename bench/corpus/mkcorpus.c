/*
 * Makes mail to measure with: trees of Maildirs, the same for the same
 * options on every machine.  bench/README.md says what is in them.
 *
 *	mkcorpus -o DIR -p POOL [-s SEED] [-u USERS] [-n MESSAGES]
 *		 [-m corp|small|mailion|text] [-d DAY] [-j JUMP]
 *
 * With -d N the tree is there already, with all days before: day N is applied.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "corpus/letter.h"
#include "corpus/scenes.h"

struct wish {
	const char *out, *pool, *mode;
	uint64_t seed, users, messages, day;
	double jump;
};

static int parse_option(struct wish *wish, int letter, const char *text,
			struct bk_err *err)
{
	switch (letter) {
	case 'o':
		wish->out = text;
		return 0;
	case 'p':
		wish->pool = text;
		return 0;
	case 'm':
		wish->mode = text;
		return 0;
	case 's':
		return bk_parse_number(text, UINT64_MAX, &wish->seed, err);
	case 'u':
		return bk_parse_number(text, 2000, &wish->users, err);
	case 'n':
		return bk_parse_number(text, INT32_MAX, &wish->messages, err);
	case 'd':
		return bk_parse_number(text, 365, &wish->day, err);
	case 'j':
		wish->jump = strtod(text, NULL);
		return 0;
	default:
		return bk_fail(err, BK_MISUSE,
			       "the options are -o -p -s -u -n -m -d -j");
	}
}

static int parse(struct wish *wish, int argc, char **argv, struct bk_err *err)
{
	int letter;

	while ((letter = getopt(argc, argv, "o:s:u:n:m:p:d:j:")) != -1)
		if (parse_option(wish, letter, optarg ? optarg : "", err) < 0)
			return -1;
	if (!wish->users || !wish->messages)
		return bk_fail(err, BK_MISUSE, "nobody writes nothing");
	if (!wish->out && strcmp(wish->mode, "text") != 0)
		return bk_fail(err, BK_MISUSE, "-o says where to");
	return 0;
}

static int make(const struct wish *wish, const struct words *words,
		struct bk_err *err)
{
	struct scene scene = {
		.words = words,
		.seed = wish->seed,
		.messages = wish->messages,
		.small = strcmp(wish->mode, "small") == 0,
	};

	if (strcmp(wish->mode, "text") == 0)
		return scene_text(&scene, err);
	scene.staff = people_staff((uint32_t)wish->users);
	maildir_init(&scene.maildir, wish->out, scene.staff,
		     (uint32_t)wish->users, wish->seed);
	int rc;
	if (strcmp(wish->mode, "mailion") == 0)
		rc = scene_pairs(&scene, err);
	else if (scene.small || strcmp(wish->mode, "corp") == 0)
		rc = scene_office(&scene, wish->day, err);
	else
		rc = bk_fail(err, BK_MISUSE,
			     "the modes are corp, small, mailion and text");
	maildir_clear(&scene.maildir);
	free(scene.staff);
	return rc;
}

int main(int argc, char **argv)
{
	struct wish wish = {
		.pool = "pool",
		.mode = "corp",
		.seed = 1,
		.users = 60,
		.messages = 20000,
		.jump = WORDS_JUMP,
	};
	struct words words = {0};
	struct bk_err err = {0};

	int rc = parse(&wish, argc, argv, &err);
	if (rc == 0)
		rc = words_load(&words, wish.pool, &err);
	words.jump = wish.jump;
	if (rc == 0)
		rc = make(&wish, &words, &err);
	if (rc < 0)
		(void)fprintf(stderr, "mkcorpus: %s\n", err.text);
	words_clear(&words);
	return rc == 0 ? 0 : err.kind == BK_MISUSE ? 2 : 1;
}
