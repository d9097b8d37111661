/* Files that list the accounts of a move: what programs and spreadsheets write,
 * and what somebody might hand us. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "job/move_accounts.h"
#include "lib/dice.h"

static struct bk_move_accounts accounts;
static struct bk_err err;
static struct bk_buf said;

static int parse_bytes(const void *text, size_t len)
{
	bk_move_accounts_clear(&accounts);
	err = (struct bk_err){0};
	return bk_move_accounts_parse(&accounts, "list",
				      (struct bk_view){text, len}, &err);
}

/* "from>to:password:password ..." */
static void gives(const char *text, const char *want)
{
	if (parse_bytes(text, strlen(text)) < 0)
		fail_msg("%s", err.text);
	said.len = 0;
	for (size_t i = 0; i < accounts.n; i++) {
		const struct bk_move_account *a = &accounts.items[i];
		bk_buf_printf(&said, "%s%s", i ? " " : "", a->from);
		if (strcmp(a->from, a->to) != 0)
			bk_buf_printf(&said, ">%s", a->to);
		if (a->from_secret.len || a->to_secret.len)
			bk_buf_printf(&said, ":%.*s:%.*s",
				      (int)a->from_secret.len,
				      (const char *)a->from_secret.data,
				      (int)a->to_secret.len,
				      (const char *)a->to_secret.data);
	}
	assert_string_equal(bk_buf_text(&said), want);
}

static void refuses(const char *text, const char *want)
{
	assert_int_equal(parse_bytes(text, strlen(text)), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_string_equal(err.text, want);
	assert_int_equal(accounts.n, 0);
}

static void a_list_is_an_address_a_line(void **state)
{
	(void)state;
	gives("ann@a.example\nbob@a.example\n", "ann@a.example bob@a.example");
	gives("# people\n\n  ann@a.example  \r\n\n#bob@a.example\ncarl",
	      "ann@a.example carl");
	gives("\xef\xbb\xbf"
	      "ann@a.example\n",
	      "ann@a.example");
	gives("Ünal@a.example", "Ünal@a.example");
	/* Of a list no line is a title: nobody is left out in silence. */
	gives("address\nfrom\n", "address from");
	gives("\"q\"@a.example\n", "\"q\"@a.example");
}

static void what_zmprov_says_is_understood(void **state)
{
	(void)state;
	gives("ann@a.example\nbob@a.example\n", "ann@a.example bob@a.example");
	gives("\n# name ann@a.example\ncn: Ann\nzimbraMailHost: mx1\n\n"
	      "# name bob@a.example\nmail: bob@a.example\n\n",
	      "ann@a.example bob@a.example");
	/* Somebody's words are not its. */
	gives("# name of everybody\nann@a.example\n", "ann@a.example");
}

static void a_table_has_other_addresses_and_passwords(void **state)
{
	(void)state;
	gives("a@x,a@y\nb@x,\nc@x\n", "a@x>a@y b@x c@x");
	gives("a@x;a@y;p1;p2\n", "a@x>a@y:p1:p2");
	gives("a@x\ta@y\tp 1\tp,2\n", "a@x>a@y:p 1:p,2");
	gives("a@x,,p1\nb@x,,,p2\n", "a@x:p1: b@x::p2");
	gives("a@x,a@y,\"p,1\",\" \"\"2\"\" \"\n", "a@x>a@y:p,1: \"2\" ");
	gives(" a@x , a@y , p1 \r\n", "a@x>a@y:p1:");
	gives("a@x,,p\"1\n", "a@x:p\"1:");
	gives("a@x,,\"p1\"", "a@x:p1:");
	gives("a@x,,\"\",\n", "a@x");
	/* A comment is none of its separators. */
	gives("# a, b; c\na@x;a@y\n", "a@x>a@y");
}

static void columns_can_be_named(void **state)
{
	(void)state;
	gives("Destination address,Source password,Source address\n"
	      "a@y,p1,a@x\n",
	      "a@x>a@y:p1:");
	gives("from;to\na@x;a@y\n", "a@x>a@y");
	gives("address,password\na@x,p1\n", "a@x:p1:");
	refuses("source,destinaton\na@x,a@y\n",
		"list:1: unknown column 'destinaton'; did you mean "
		"'destination'?");
	refuses("source,from\n",
		"list:1: two columns for one thing; the "
		"second is 'from'");
	refuses("to,password\n",
		"list:1: no column 'source address' among them");
	refuses("source,to\na@x,b@x,c\n",
		"list:2: it has 3 fields, and there are 2 columns");
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	(void)state;
	refuses("", "list: no account in it");
	refuses("# nobody\n", "list: no account in it");
	refuses("ann@x\n\nann smith@x\n",
		"list:3: 'ann smith@x' is no address");
	refuses("../x\n", "list:1: '../x' is no address");
	refuses("*@x\n",
		"list:1: '*@x' is a pattern; here each account is named");
	refuses("a@x\nA@x\n", "list:2: 'A@x' is there already, in line 1");
	refuses("a@x,c@y\nb@x,c@y\n",
		"list:2: 'a@x' and 'b@x' would both become 'c@y'");
	refuses("a@x,b@y\nb@y\n",
		"list:2: 'a@x' and 'b@y' would both become 'b@y'");
	refuses(",b@y\n", "list:1: no source address");
	refuses("a@x,\"b@y\n", "list:1: a '\"' is not closed in this line");
	refuses("a@x,\"b@y\" c\n",
		"list:1: something follows the '\"' that closes a field");
	refuses("a@x,b@y,1,2,3\n",
		"list:1: more than 4 columns; they are: source address, "
		"destination address, source password, destination password");
	assert_int_equal(parse_bytes("a\0b@x\n", 6), -1);
	assert_string_equal(err.text, "list:1: there is a NUL in it");
	assert_int_equal(parse_bytes("a\x1b@x\n", 5), -1);
}

static void a_field_has_a_ceiling(void **state)
{
	struct bk_buf text = {0};

	(void)state;
	bk_buf_printf(&text, "a@x,,");
	memset(bk_buf_grow(&text, 1024), 'p', 1024);
	assert_int_equal(parse_bytes(text.data, text.len), 0);
	assert_int_equal(accounts.items[0].from_secret.len, 1024);
	bk_buf_printf(&text, "p");
	assert_int_equal(parse_bytes(text.data, text.len), -1);
	assert_string_equal(err.text,
			    "list:1: a field is longer than 1024 bytes");
	bk_buf_clear(&text);
}

/* Whatever it is, it is read or refused. */
static void any_bytes_end_well(void **state)
{
	static const char pieces[] = "a@x,\";\t\n\r# \\\xc3\xbc\0*\xff";
	struct dice dice = {.state = 5};
	char text[64];

	(void)state;
	for (unsigned n = 0; n < 200000; n++) {
		size_t len = dice_below(&dice, sizeof(text));
		for (size_t i = 0; i < len; i++)
			text[i] = pieces[dice_below(&dice, sizeof(pieces))];
		if (parse_bytes(text, len) < 0)
			assert_int_equal(err.kind, BK_MISUSE);
		else
			assert_true(accounts.n > 0);
	}
}

static void passwords_are_for_nobody_else_to_read(void **state)
{
	char path[] = "/tmp/bk-accounts-XXXXXX";
	int fd = mkstemp(path);
	char want[256];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a@x,a@y\n", 8), 8);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(bk_move_accounts_read(&accounts, path, &err), 0);
	bk_move_accounts_clear(&accounts);
	assert_int_equal(write(fd, "b@x,b@y,p\n", 10), 10);
	err = (struct bk_err){0};
	assert_int_equal(bk_move_accounts_read(&accounts, path, &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	(void)snprintf(want, sizeof(want),
		       "%s: there are passwords in it, and others may read it "
		       "(mode 644); run: chmod 600 %s",
		       path, path);
	assert_string_equal(err.text, want);
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(bk_move_accounts_read(&accounts, path, &err), 0);
	assert_int_equal(accounts.n, 2);
	assert_ptr_equal(bk_move_accounts_find(&accounts, "b@y", 0),
			 &accounts.items[1]);
	assert_null(bk_move_accounts_find(&accounts, "b@y", 1));
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_an_address_a_line),
		cmocka_unit_test(what_zmprov_says_is_understood),
		cmocka_unit_test(a_table_has_other_addresses_and_passwords),
		cmocka_unit_test(columns_can_be_named),
		cmocka_unit_test(what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(a_field_has_a_ceiling),
		cmocka_unit_test(any_bytes_end_well),
		cmocka_unit_test(passwords_are_for_nobody_else_to_read),
	};
	int failed =
		cmocka_run_group_tests_name("move_accounts", tests, NULL, NULL);
	bk_move_accounts_clear(&accounts);
	bk_buf_clear(&said);
	return failed;
}
