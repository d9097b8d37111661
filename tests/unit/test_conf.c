/* A configuration is read whole, or refused with file, line and a hint. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/parse.h"

static char dir[] = "/tmp/bk-conf-XXXXXX";
static struct bk_conf conf;
static struct bk_err err;

static char *path_of(const char *name)
{
	return bk_asprintf("%s/%s", dir, name);
}

static char *write_file(const char *name, const void *text, size_t len)
{
	char *path = path_of(name);
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
	return path;
}

static int read_bytes(const void *text, size_t len)
{
	char *path = write_file("bk.conf", text, len);

	bk_conf_clear(&conf);
	err = (struct bk_err){0};
	int rc = bk_conf_read(&conf, path, &err);
	free(path);
	return rc;
}

static int read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

/* The error is "FILE" and then this. */
static void refused_bytes(const char *text, size_t len, const char *what)
{
	assert_int_equal(read_bytes(text, len), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	char *want = bk_asprintf("%s/bk.conf%s", dir, what);
	assert_string_equal(err.text, want);
	free(want);
}

static void refused(const char *text, const char *what)
{
	refused_bytes(text, strlen(text), what);
}

static const char *value(const char *type, const char *name, const char *key)
{
	return bk_conf_value(bk_conf_find(&conf, type, name), key);
}

static void sections_keys_and_lines_are_known(void **state)
{
	(void)state;
	assert_int_equal(read_text("# a comment\n"
				   "[repo main]\n"
				   "path = /var/lib/bk/main   ; a comment\n"
				   "\n"
				   "[ notify ]\r\n"
				   "mail=a;b@example.org\r\n"),
			 0);
	assert_string_equal(value("repo", "main", "path"), "/var/lib/bk/main");
	assert_string_equal(value("notify", "", "mail"), "a;b@example.org");
	assert_null(value("repo", "main", "Path"));
	assert_null(value("repo", "other", "path"));
	const struct bk_conf_section *s = bk_conf_find(&conf, "notify", "");
	assert_int_equal(s->line, 5);
	assert_int_equal(bk_conf_get(s, "mail")->line, 6);
}

static void an_indented_line_goes_on_with_the_value(void **state)
{
	(void)state;
	assert_int_equal(read_text("[store mail]\n"
				   "trees =\n"
				   "  /etc/dovecot ; the server\n"
				   "  # /etc/exim4\n"
				   "\t/etc/postfix\n"
				   "path = /v\n"),
			 0);
	assert_string_equal(value("store", "mail", "trees"),
			    "/etc/dovecot /etc/postfix");
	assert_string_equal(value("store", "mail", "path"), "/v");
}

static void the_first_key_of_a_section_may_be_indented(void **state)
{
	(void)state;
	assert_int_equal(read_text("[store mail]\n  path = /v\n"), 0);
	assert_string_equal(value("store", "mail", "path"), "/v");
}

static void what_libinih_would_misread_is_refused(void **state)
{
	(void)state;
	refused("[store mail]\ntype = maildir\n  path = /v\n",
		":3: a line that begins with a blank goes on with the value "
		"before it; begin it at the left");
	refused("[store mail]\ntype = maildir\n [job x]\n",
		":3: a line that begins with a blank goes on with the value "
		"before it; begin it at the left");
	refused("[store mail\ntype = maildir\n",
		":1: the section lacks its ']'");
	refused("[store mail] type = maildir\n",
		":1: nothing may follow the section's ']'");
	refused("[store a b]\n",
		":1: a section's name has letters, digits, "
		"'-', '_' and '.'");
	refused("[store a/b]\n",
		":1: a section's name has letters, digits, "
		"'-', '_' and '.'");
	refused("[]\n",
		":1: a section's name has letters, digits, '-', '_' "
		"and '.'");
	refused("[store m23456789m123456789m123456789m123456789m12345]\n",
		":1: the section's name is too long");
	refused("path = /v\n", ":1: a key before the first [section]: path");
	refused("[repo main]\npath /v\n", ":2: expected 'key = value'");
	refused("[repo main]\n= /v\n", ":2: a value without a key");
	refused_bytes("[repo main]\npath = /v\0w\n", 24,
		      ":2: the line has a NUL in it");
}

static void a_key_or_a_section_comes_once(void **state)
{
	(void)state;
	refused("[repo main]\npath = /v\n\npath = /w\n",
		":4: given twice in this section: path");
	assert_int_equal(read_text("[repo a]\n[repo b]\n[repo a]\n"), -1);
	assert_non_null(strstr(err.text, ":3: [repo a] is there already, at "));
	assert_non_null(strstr(err.text, "bk.conf:1"));
}

/* libinih would cut the line and say nothing. */
static void the_longest_line_is_read_whole_and_a_longer_one_refused(
	void **state)
{
	char text[300] = "[repo main]\npath = /";

	(void)state;
	size_t head = strlen(text);
	memset(text + head, 'x', 250);
	size_t line = strlen("[repo main]\n");
	memcpy(text + line + 198, "\n", 2);
	assert_int_equal(read_text(text), 0);
	assert_int_equal(strlen(value("repo", "main", "path")),
			 198 - strlen("path = "));
	memcpy(text + line + 198, "x\n", 3);
	refused(text,
		":2: the line is longer than 198 bytes; go on in the "
		"next line, beginning with a blank");
	/* The last line of a file may lack its end. */
	text[line + 199] = 0;
	assert_int_equal(read_text(text), 0);
	assert_int_equal(strlen(value("repo", "main", "path")),
			 199 - strlen("path = "));
}

static void a_file_that_is_not_there_is_gone(void **state)
{
	char *path = path_of("nothing");

	(void)state;
	assert_int_equal(bk_conf_read(&conf, path, &err), -1);
	assert_int_equal(err.kind, BK_GONE);
	free(path);
	assert_int_equal(bk_conf_read(&conf, "/dev/null", &err), 0);
}

static void a_file_that_everybody_may_write_is_refused(void **state)
{
	char *path = write_file("open.conf", "", 0);

	(void)state;
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(bk_conf_read(&conf, path, &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_non_null(strstr(err.text, "everybody may write to it"));
	free(path);
}

static void a_folder_is_read_in_the_order_of_names(void **state)
{
	char *parts = path_of("conf.d");

	(void)state;
	assert_int_equal(mkdir(parts, 0700), 0);
	free(write_file("conf.d/20-b.conf", "[repo b]\n", 9));
	free(write_file("conf.d/10-a.conf", "[repo a]\n", 9));
	free(write_file("conf.d/30-c.conf~", "[repo c]\n", 9));
	free(write_file("conf.d/.conf", "[repo d]\n", 9));
	bk_conf_clear(&conf);
	assert_int_equal(bk_conf_read_dir(&conf, parts, &err), 0);
	assert_int_equal(conf.n, 2);
	assert_string_equal(conf.sections[0].name, "a");
	assert_string_equal(conf.sections[1].name, "b");
	assert_int_equal(bk_conf_read_dir(&conf, "/nonexistent", &err), 0);
	free(parts);
}

static int check_size(const char *text, struct bk_err *e)
{
	uint64_t unused;

	return bk_parse_size(text, &unused, e);
}

static void check_refused(const char *text, const char *what)
{
	static const struct bk_conf_key keys[] = {
		{"path",     NULL      },
		{"password", NULL      },
		{"size",     check_size},
		{NULL,       NULL      },
	};
	static const struct bk_conf_schema schema[] = {
		{"repo",   true,  keys},
		{"notify", false, keys},
		{NULL,     false, NULL},
	};

	assert_int_equal(read_text(text), 0);
	if (!what) {
		assert_int_equal(bk_conf_check(&conf, schema, &err), 0);
		return;
	}
	assert_int_equal(bk_conf_check(&conf, schema, &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	char *want = bk_asprintf("%s/bk.conf%s", dir, what);
	assert_string_equal(err.text, want);
	free(want);
}

static void what_is_unknown_is_named_with_the_nearest_word(void **state)
{
	(void)state;
	check_refused("[repo main]\npath = /v\n[notify]\nsize = 64M\n", NULL);
	check_refused("[repo main]\n\npasword = file:/x\n",
		      ":3: unknown key 'pasword' in [repo main]; did you mean "
		      "'password'?");
	check_refused("[repo main]\ncolour = red\n",
		      ":2: unknown key 'colour' in [repo main]; see "
		      "bk.conf(5)");
	check_refused("[notfy]\n",
		      ":1: unknown section [notfy]; did you mean [notify]?");
	check_refused("[rope main]\n",
		      ":1: unknown section [rope main]; did "
		      "you mean [repo main]?");
	check_refused("[frobnicator x]\n",
		      ":1: unknown section [frobnicator x]; see bk.conf(5)");
	check_refused("[repo]\n", ":1: [repo] needs a name, as in [repo main]");
	check_refused("[notify me]\n",
		      ":1: [notify me] takes no name; write [notify]");
	check_refused("[repo main]\npath =\n", ":2: path: no value");
	check_refused("[repo main]\nsize = 64X\n",
		      ":2: size: '64X' is not a size; write it as 64M or "
		      "1.5G");
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	static const char *const names[] = {"bk.conf",
					    "open.conf",
					    "conf.d/20-b.conf",
					    "conf.d/10-a.conf",
					    "conf.d/30-c.conf~",
					    "conf.d/.conf",
					    "conf.d",
					    ""};

	(void)state;
	bk_conf_clear(&conf);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = path_of(names[i]);
		(void)remove(path);
		free(path);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_keys_and_lines_are_known),
		cmocka_unit_test(an_indented_line_goes_on_with_the_value),
		cmocka_unit_test(the_first_key_of_a_section_may_be_indented),
		cmocka_unit_test(what_libinih_would_misread_is_refused),
		cmocka_unit_test(a_key_or_a_section_comes_once),
		cmocka_unit_test(
			the_longest_line_is_read_whole_and_a_longer_one_refused),
		cmocka_unit_test(a_file_that_is_not_there_is_gone),
		cmocka_unit_test(a_file_that_everybody_may_write_is_refused),
		cmocka_unit_test(a_folder_is_read_in_the_order_of_names),
		cmocka_unit_test(
			what_is_unknown_is_named_with_the_nearest_word),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
