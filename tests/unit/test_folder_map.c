/* Which folder becomes which: all kinds of maps, each a line, and that a second
 * pass sees them as the first one did. */

#include "lib/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "lib/dice.h"
#include "sync/folder_map.h"

/*
 * Lists are written "INBOX Gesendet=\Sent Work/2026"; a map is written
 * "INBOX:=INBOX Gesendet:uSent ...", with a letter for why.
 */
static struct bk_folder_list from, to;
static struct bk_folder_rule rule_items[8];
static struct bk_folder_rules rules;
static struct bk_folder_map map;
static struct bk_err err;
static struct bk_buf said;
static char delimiter;

static void add(struct bk_folder_list *list, const char *word, size_t len)
{
	struct bk_folder *folder = bk_folder_list_add(list);
	char *name = bk_arena_strndup(&folder->arena, word, len);
	char *use = strstr(name, "=\\");

	if (use) {
		folder->special_use = use + 1;
		*use = 0;
		folder->rest = strcmp(folder->special_use, "\\All-rest") == 0;
	}
	if (folder->rest)
		folder->special_use = "\\All";
	folder->name = name;
	folder->raw = (struct bk_view){(const uint8_t *)name, strlen(name)};
	folder->delimiter = delimiter;
}

static void list_of(struct bk_folder_list *list, const char *text)
{
	bk_folder_list_clear(list);
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, " ");
		add(list, p, len);
		p += len + strspn(p + len, " ");
	}
}

/* "Gesendet=Sent Old/=Archive/": '=' parts them. */
static void rules_of(const char *text)
{
	static char words[512];
	char *rest = words;

	(void)snprintf(words, sizeof(words), "%s", text);
	rules.items = rule_items;
	rules.n = 0;
	while (*rest) {
		char *word = strsep(&rest, " ");
		char *equals = strchr(word, '=');
		assert_non_null(equals);
		*equals = 0;
		rule_items[rules.n++] =
			(struct bk_folder_rule){word, equals + 1};
		if (!rest)
			break;
	}
}

static const char *written(void)
{
	static const char letters[] = {
		[BK_FOLDER_SAID] = 's',    [BK_FOLDER_SAME] = '=',
		[BK_FOLDER_USE] = 'u',     [BK_FOLDER_NEW] = '+',
		[BK_FOLDER_CHANGED] = '!', [BK_FOLDER_LEFT] = '-'};
	said.len = 0;
	for (size_t i = 0; i < map.n; i++)
		bk_buf_printf(&said, "%s%s:%c%s", i ? " " : "",
			      map.pairs[i].from->name,
			      letters[map.pairs[i].why], map.pairs[i].name);
	return bk_buf_text(&said);
}

static int make(const char *source, const char *other)
{
	list_of(&from, source);
	list_of(&to, other);
	bk_folder_map_clear(&map);
	err = (struct bk_err){0};
	return bk_folder_map_make(&map, &from, &to, &rules, &err);
}

/* What was made is there in the next pass, and means the same. */
static void holds_in_the_next_pass(void)
{
	struct bk_folder_map next = {0};
	struct bk_folder_list then = {0};

	for (size_t i = 0; i < to.n; i++) {
		struct bk_folder *folder = bk_folder_list_add(&then);
		*folder = to.items[i];
		folder->arena = (struct bk_arena){0};
	}
	for (size_t i = 0; i < map.n; i++) {
		if (map.pairs[i].to || !*map.pairs[i].name)
			continue;
		struct bk_folder *folder = bk_folder_list_add(&then);
		folder->name = map.pairs[i].name;
		folder->delimiter = delimiter;
		folder->raw = (struct bk_view){(const uint8_t *)folder->name,
					       strlen(folder->name)};
	}
	assert_int_equal(bk_folder_map_make(&next, &from, &then, &rules, &err),
			 0);
	for (size_t i = 0; i < map.n; i++) {
		assert_string_equal(map.pairs[i].name, next.pairs[i].name);
		assert_true(!*next.pairs[i].name || next.pairs[i].to);
	}
	bk_folder_map_clear(&next);
	bk_folder_list_clear(&then);
}

static void maps(const char *source, const char *other, const char *want)
{
	if (make(source, other) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(written(), want);
	holds_in_the_next_pass();
}

static void refuses(const char *source, const char *other, const char *text)
{
	assert_int_equal(make(source, other), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_string_equal(err.text, text);
}

static void start(void)
{
	rules = (struct bk_folder_rules){0};
	delimiter = 0;
}

static void equal_names_are_the_same_and_others_are_made(void **state)
{
	(void)state;
	start();
	maps("INBOX Sent Work/2026", "INBOX Sent",
	     "INBOX:=INBOX Sent:=Sent Work/2026:+Work/2026");
	maps("INBOX", "", "INBOX:=INBOX");
	maps("", "INBOX", "");
}

static void special_uses_find_each_other_by_whatever_name(void **state)
{
	(void)state;
	start();
	maps("INBOX Gesendet=\\Sent Papierkorb=\\Trash",
	     "INBOX Sent=\\Sent Trash=\\Trash",
	     "INBOX:=INBOX Gesendet:uSent Papierkorb:uTrash");
	maps("Отправленные=\\Sent", "Envoyés=\\Sent", "Отправленные:uEnvoyés");
	maps("Sent=\\sent", "Gesendet=\\SENT", "Sent:uGesendet");
	/* Only one of them has one: the name stays. */
	maps("Gesendet=\\Sent", "Sent", "Gesendet:+Gesendet");
	maps("Gesendet", "Sent=\\Sent", "Gesendet:+Gesendet");
	/* An equal name is worth more than a use. */
	maps("Sent=\\Sent", "Sent Gesendet=\\Sent", "Sent:=Sent");
	/* Two with the same use do not become one. */
	maps("Sent Gesendet=\\Sent", "Sent=\\Sent",
	     "Sent:=Sent Gesendet:+Gesendet");
	maps("A=\\Sent B=\\Sent", "Sent=\\Sent", "A:uSent B:+B");
	/* What is below goes along, unless it is there under its own name. */
	maps("G=\\Sent G/2025 G/2026", "Sent=\\Sent G/2026",
	     "G:uSent G/2025:!Sent/2025 G/2026:=G/2026");
	rules.no_special_use = true;
	maps("Gesendet=\\Sent", "Sent=\\Sent", "Gesendet:+Gesendet");
}

static void views_of_other_folders_are_left_out(void **state)
{
	(void)state;
	start();
	maps("INBOX All=\\All Star=\\Flagged Most=\\Important Sent=\\Sent",
	     "INBOX All Sent=\\Sent",
	     "INBOX:=INBOX All:- Star:- Most:- Sent:=Sent");
	assert_true(map.pairs[1].is_view && map.pairs[3].is_view);
	assert_false(map.pairs[0].is_view || map.pairs[4].is_view);
	rules_of("All=Archive");
	maps("INBOX All=\\All Star=\\Flagged", "INBOX",
	     "INBOX:=INBOX All:sArchive Star:-");
	start();
	rules.views = true;
	maps("INBOX All=\\All", "INBOX", "INBOX:=INBOX All:+All");
}

static void the_rest_is_an_archive(void **state)
{
	(void)state;
	start();
	maps("INBOX Alle=\\All-rest Star=\\Flagged", "INBOX",
	     "INBOX:=INBOX Alle:!Archive Star:-");
	/* As its server has it, or a server of the same kind. */
	maps("Alle=\\All-rest", "INBOX Abgelegt=\\Archive", "Alle:uAbgelegt");
	maps("Alle=\\All-rest", "INBOX Tout=\\All-rest Abgelegt=\\Archive",
	     "Alle:uTout");
	/* One that shows mail of others is no place for it. */
	maps("Alle=\\All-rest", "Tout=\\All", "Alle:!Archive");
	/* It does not become one with another folder of the source. */
	maps("Alle=\\All-rest Archive", "", "Alle:!Archive-2 Archive:+Archive");
	maps("Alle=\\All-rest archive", "Archive=\\Archive",
	     "Alle:uArchive archive:!archive-2");
	rules.into = "Old";
	maps("Alle=\\All-rest", "Archive=\\Archive", "Alle:!Old/Archive");
	start();
	rules_of("Alle=Mail/2026");
	maps("Alle=\\All-rest", "", "Alle:sMail/2026");
	rules_of("Alle=");
	maps("Alle=\\All-rest", "", "Alle:-");
}

static void what_the_user_says_comes_first(void **state)
{
	(void)state;
	start();
	rules_of("Sent=Archive/Sent Trash= Old/=Archive/Old/ Old/Keep=Keep");
	maps("INBOX Sent=\\Sent Trash=\\Trash", "Sent=\\Sent Trash",
	     "INBOX:=INBOX Sent:sArchive/Sent Trash:-");
	maps("Old Old/a Old/a/b Old/Keep Older", "",
	     "Old:sArchive/Old Old/a:sArchive/Old/a "
	     "Old/a/b:sArchive/Old/a/b Old/Keep:sKeep Older:+Older");
	/* What is below a folder that is left out stays, */
	maps("Trash Trash/a", "", "Trash:- Trash/a:+Trash/a");
	/* unless the rule says so. */
	rules_of("Trash/=");
	maps("Trash Trash/a Trash2", "", "Trash:- Trash/a:- Trash2:+Trash2");
	rules_of("inbox=Back");
	maps("INBOX Work", "INBOX", "INBOX:sBack Work:+Work");
	rules_of("In=INBOX INBOX=In");
	maps("In INBOX", "INBOX", "In:sINBOX INBOX:sIn");
	/* A folder that a rule puts where another one would go. */
	rules_of("Sent=Work");
	maps("Sent Work", "Work", "Sent:sWork Work:!Work-2");
	/* The longest rule counts, and the one for it alone. */
	rules_of("A/=X/ A/B/=Y/ A/B=Z");
	maps("A A/B A/B/C A/D", "", "A:sX A/B:sZ A/B/C:sY/C A/D:sX/D");
}

static void rules_that_contradict_are_refused(void **state)
{
	(void)state;
	start();
	rules_of("A=X A=Y");
	refuses("", "", "'A' is mapped twice, to 'X' and to 'Y'");
	rules_of("A=X B=X");
	maps("A C", "", "A:sX C:+C");
	refuses("A B", "",
		"'B' would be put where another folder goes already: 'X'");
	rules_of("=X");
	refuses("A", "",
		"folder '' is no name of a folder; write it as Work or "
		"Work/2026");
	rules_of("/=X/");
	refuses("A", "",
		"folder '/' is no name of a folder; write it as Work or "
		"Work/2026");
	rules_of("A//B=X");
	refuses("A", "",
		"folder 'A//B' is no name of a folder; write it as Work or "
		"Work/2026");
	rules_of("A=\xff");
	refuses("A", "", "folder is no UTF-8");
	rules_of("");
	rules.into = "/Old";
	refuses("A", "",
		"folder '/Old' is no name of a folder; write it as Work or "
		"Work/2026");
	start();
	delimiter = '.';
	rules_of("A=v1.0");
	refuses("A", "Work",
		"the other end cannot have a folder 'v1.0': there '.' parts "
		"levels, which are written with '/'");
}

static void everything_goes_below_one_folder(void **state)
{
	(void)state;
	start();
	rules.into = "Old/x";
	maps("INBOX Sent=\\Sent inbox2", "INBOX Sent=\\Sent",
	     "INBOX:+Old/x/INBOX Sent:+Old/x/Sent inbox2:+Old/x/inbox2");
	maps("INBOX Sent", "Old/x/INBOX Old/x/Sent",
	     "INBOX:=Old/x/INBOX Sent:=Old/x/Sent");
	rules_of("Sent=Post Trash=");
	rules.into = "Old";
	maps("INBOX Sent Trash", "", "INBOX:+Old/INBOX Sent:sOld/Post Trash:-");
}

static void the_inbox_is_one(void **state)
{
	(void)state;
	start();
	maps("INBOX inbox Inbox/a INBOX/a", "INBOX",
	     "INBOX:=INBOX inbox:!inbox-2 Inbox/a:!Inbox/a-2 "
	     "INBOX/a:+INBOX/a");
	maps("inbox", "", "inbox:!inbox-2");
	rules_of("Other=INBOX");
	maps("Other INBOX", "INBOX", "Other:sINBOX INBOX:!INBOX-2");
}

static void names_that_differ_in_case_never_meet(void **state)
{
	(void)state;
	start();
	maps("Work work", "", "Work:+Work work:!work-2");
	maps("Work work WORK", "work", "Work:!Work-3 work:=work WORK:!WORK-2");
	maps("Work work work/a", "",
	     "Work:+Work work:!work-2 work/a:!work-2/a");
	/* It is there, but for its case. */
	maps("work", "Work", "work:=Work");
	/* Who wants it so can say so. */
	rules_of("work=work");
	maps("Work work", "", "Work:!Work-2 work:swork");
	rules_of("work=work Work=Work");
	maps("Work work", "", "Work:sWork work:swork");
	rules.n = 0;
	maps("Work work", "Work work", "Work:=Work work:=work");
	/* The name that one would get is another one's. */
	maps("Work work work-2", "", "Work:+Work work:!work-3 work-2:+work-2");
}

static void names_that_the_other_end_cannot_hold_are_changed(void **state)
{
	(void)state;
	start();
	delimiter = '.';
	maps("v1.0 v1.0/a v1_0", "INBOX Work",
	     "v1.0:!v1_0-2 v1.0/a:!v1_0-2/a v1_0:+v1_0");
	maps("a/../b ./c x//y", "INBOX Work",
	     "a/../b:!a/__/b ./c:!_/c x//y:!x/_/y");
	maps("a\tb\x7f", "", "a\tb\x7f:!a_b_");
	/* Its list shows none: as was said. */
	delimiter = 0;
	maps("v1.0", "INBOX", "v1.0:+v1.0");
	rules.delimiter = '.';
	maps("v1.0", "INBOX", "v1.0:!v1_0");
	delimiter = '/';
	maps("v1.0", "INBOX", "v1.0:+v1.0");
}

/* Any lists at all: a pair for each folder, no two in one place. */
static void two_folders_never_become_one(void **state)
{
	static const char *const words[] = {
		"INBOX", "inbox", "A",   "a",   "A/b",      "a/b",
		"A.b",   "A_b",   "a-2", "a_b", "S=\\Sent", "Sent=\\Sent",
		"T",     "S/x",   "T/x", "s"};
	struct dice dice = {.state = 7};

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		struct bk_buf source = {0}, other = {0};
		start();
		delimiter = n % 3 ? '.' : 0;
		if (n % 5 == 0)
			rules_of("A/=T/ S=A_b");
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
			if (dice_below(&dice, 2))
				bk_buf_printf(&source, "%s ", words[i]);
			if (dice_below(&dice, 4) == 0 && i != 1 &&
			    !(delimiter && i == 6))
				bk_buf_printf(&other, "%s ", words[i]);
		}
		if (make(bk_buf_text(&source), bk_buf_text(&other)) == 0) {
			for (size_t i = 0; i < map.n; i++)
				for (size_t k = 0; k < i; k++)
					assert_string_not_equal(
						map.pairs[i].name,
						map.pairs[k].name);
			holds_in_the_next_pass();
		} else {
			assert_int_equal(rules.n, 2);
		}
		bk_buf_clear(&source);
		bk_buf_clear(&other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_names_are_the_same_and_others_are_made),
		cmocka_unit_test(special_uses_find_each_other_by_whatever_name),
		cmocka_unit_test(views_of_other_folders_are_left_out),
		cmocka_unit_test(the_rest_is_an_archive),
		cmocka_unit_test(what_the_user_says_comes_first),
		cmocka_unit_test(rules_that_contradict_are_refused),
		cmocka_unit_test(everything_goes_below_one_folder),
		cmocka_unit_test(the_inbox_is_one),
		cmocka_unit_test(names_that_differ_in_case_never_meet),
		cmocka_unit_test(
			names_that_the_other_end_cannot_hold_are_changed),
		cmocka_unit_test(two_folders_never_become_one),
	};
	int failed =
		cmocka_run_group_tests_name("folder_map", tests, NULL, NULL);
	bk_folder_map_clear(&map);
	bk_folder_list_clear(&from);
	bk_folder_list_clear(&to);
	bk_buf_clear(&said);
	return failed;
}
