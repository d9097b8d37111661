/* Cyrus's replication over IMAP: see replica.h. */

#include "imap/replica.h"

#include <string.h>

#include "imap/lexer.h"
#include "imap/talk.h"

#define PAIRS_MOST 200

/* ---- names ---- */

void bk_imap_replica_name(const char *name, char delimiter, struct bk_buf *out)
{
	const char *domain = strrchr(name, '@');
	size_t len = domain ? (size_t)(domain - name) : strlen(name);

	if (domain && domain[1])
		bk_buf_printf(out, "%s!", domain + 1);
	for (size_t i = 0; i < len; i++)
		bk_buf_add_u8(out, name[i] == delimiter ? '.'
				   : name[i] == '.'     ? '^'
							: (uint8_t)name[i]);
}

/* ---- %(NAME value NAME value) ---- */

static bool at_end(const struct bk_view *from)
{
	return from->len == 0 || *from->data == ')';
}

static struct bk_view take(struct bk_view *from, size_t n)
{
	struct bk_view taken = {from->data, n};

	from->data += n;
	from->len -= n;
	return taken;
}

/* Behind the '"' that ends it; 0: nothing does. */
static size_t quoted_length(const struct bk_view *from, size_t at)
{
	for (size_t i = at + 1; i < from->len; i++) {
		if (from->data[i] == '\\')
			i++;
		else if (from->data[i] == '"')
			return i + 1;
	}
	return 0;
}

/* "{5}", a line end, and five bytes: behind them; 0: it is none.  Where the
 * bytes begin is *data. */
static size_t literal_end(const struct bk_view *from, size_t at, size_t *data)
{
	size_t i = at + 1, n = 0;

	for (; i < from->len && n < from->len; i++) {
		unsigned digit = (unsigned)from->data[i] - '0';
		if (digit > 9)
			break;
		n = n * 10 + digit;
	}
	i += i < from->len && from->data[i] == '+';
	if (from->len - i < 3 || memcmp(from->data + i, "}\r\n", 3) != 0 ||
	    from->len - i - 3 < n)
		return 0;
	*data = i + 3;
	return *data + n;
}

/* Behind a byte, or the string or literal that it begins; 0: it ends nowhere.
 */
static size_t step(const struct bk_view *from, size_t at)
{
	size_t data;

	switch (from->data[at]) {
	case '"':
		return quoted_length(from, at);
	case '{':
		return literal_end(from, at, &data);
	case '\r':
	case '\n':
		return 0;
	default:
		return at + 1;
	}
}

/* An atom, a string, or a list with all that is in it; 0: it is none. */
static size_t value_length(const struct bk_view *from)
{
	size_t depth = 0, i = 0;

	while (i < from->len) {
		uint8_t c = from->data[i];
		if (depth == 0 && (c == ' ' || c == ')'))
			return i;
		i = step(from, i);
		if (i == 0)
			return 0;
		depth += c == '(';
		depth -= c == ')';
	}
	return depth ? 0 : i;
}

/* As it is, but that nobody has to say that literals may come. */
static void copy_value(const struct bk_view *value, struct bk_buf *out)
{
	size_t next, data = 0;

	for (size_t i = 0; i < value->len; i = next) {
		next = step(value, i);
		size_t from = i;
		if (value->data[i] == '{') {
			(void)literal_end(value, i, &data);
			bk_buf_printf(out, "{%zu+}\r\n", next - data);
			from = data;
		}
		bk_buf_add(out, value->data + from, next - from);
	}
}

struct pair {
	struct bk_view name, value;
};

/* 1: the next one; 0: there are no more; -1: that is none. */
static int next_pair(struct bk_view *from, struct pair *out)
{
	while (from->len && *from->data == ' ')
		(void)take(from, 1);
	if (at_end(from))
		return from->len == 1 ? 0 : -1;
	size_t n = value_length(from);
	if (n == 0 || n + 1 >= from->len || from->data[n] != ' ')
		return -1;
	out->name = take(from, n);
	(void)take(from, 1);
	n = value_length(from);
	if (n == 0)
		return -1;
	out->value = take(from, n);
	return 1;
}

static bool is_named(const struct pair *pair, const char *name)
{
	return pair->name.len == strlen(name) &&
	       memcmp(pair->name.data, name, pair->name.len) == 0;
}

static int no_such(struct bk_err *err)
{
	return bk_fail(err, BK_REFUSED,
		       "what the server says of the mailbox's replication is "
		       "not understood");
}

static int open_list(struct bk_view *told, struct bk_err *err)
{
	while (told->len && *told->data == ' ')
		(void)take(told, 1);
	if (told->len < 3 || memcmp(told->data, "%(", 2) != 0)
		return no_such(err);
	(void)take(told, 2);
	return 0;
}

static bool read_number(struct bk_view text, uint64_t most, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned)text.data[i] - '0';
		if (digit > 9 || n > (most - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return text.len > 0;
}

int bk_imap_replica_parse(struct bk_view told, struct bk_imap_replica *out,
			  struct bk_err *err)
{
	uint64_t validity = 0, last = UINT64_MAX, modseq = 0;
	struct pair pair;
	bool good = true;
	int rc = open_list(&told, err);

	if (rc < 0)
		return -1;
	while (good && (rc = next_pair(&told, &pair)) > 0) {
		if (is_named(&pair, "UIDVALIDITY"))
			good = read_number(pair.value, UINT32_MAX, &validity);
		else if (is_named(&pair, "LAST_UID"))
			good = read_number(pair.value, UINT32_MAX, &last);
		else if (is_named(&pair, "HIGHESTMODSEQ"))
			good = read_number(pair.value, INT64_MAX, &modseq);
	}
	if (!good || rc < 0 || !validity || last == UINT64_MAX)
		return no_such(err);
	*out = (struct bk_imap_replica){(uint32_t)validity, (uint32_t)last,
					modseq};
	return 0;
}

static void write_pair(const struct pair *pair,
		       const struct bk_imap_replica *now, struct bk_buf *out)
{
	bk_buf_add(out, pair->name.data, pair->name.len);
	bk_buf_add_u8(out, ' ');
	if (is_named(pair, "UIDVALIDITY"))
		bk_buf_printf(out, "%u", now->uid_validity);
	else if (is_named(pair, "LAST_UID"))
		bk_buf_printf(out, "%u", now->last_uid);
	else if (is_named(pair, "HIGHESTMODSEQ"))
		bk_buf_printf(out, "%llu",
			      (unsigned long long)now->highest_modseq);
	else
		copy_value(&pair->value, out);
	bk_buf_add_u8(out, ' ');
}

int bk_imap_replica_write(struct bk_view told,
			  const struct bk_imap_replica *now, struct bk_buf *out,
			  struct bk_err *err)
{
	struct pair pair;
	size_t n = 0;
	int rc = open_list(&told, err);

	if (rc < 0)
		return -1;
	bk_buf_printf(out, "%%(");
	while ((rc = next_pair(&told, &pair)) > 0 && n++ < PAIRS_MOST)
		write_pair(&pair, now, out);
	bk_buf_printf(out, "RECORD ())");
	return rc == 0 ? 0 : no_such(err);
}

/* ---- asking and setting ---- */

static int take_mailbox(void *arg, const struct bk_imap_response *said,
			struct bk_err *err)
{
	struct bk_buf *out = arg;

	(void)err;
	if (!bk_imap_word_is(said->word, "MAILBOX"))
		return 0;
	out->len = 0;
	bk_buf_add(out, said->rest.data, said->rest.len);
	return 0;
}

/* Whoever may not, or does not know it, says it in many ways. */
static int refused(struct bk_imap *imap, size_t command, struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_imap_verdict(imap, command, &why) == 0)
		return 0;
	*err = why;
	if (why.kind != BK_BUSY && why.kind != BK_LOST)
		err->kind = BK_REFUSED;
	if (strstr(why.text, "IMAP_SYNC_") || strstr(why.text, "IMAP_AGAIN"))
		err->kind = BK_BUSY;
	return -1;
}

int bk_imap_replica_get(struct bk_imap *imap, struct bk_view name,
			struct bk_buf *out, struct bk_err *err)
{
	const struct bk_imap_hands hands = {.untagged = take_mailbox,
					    .arg = out};

	bk_imap_talk_begin(imap);
	size_t command = bk_imap_command_once(imap, "SYNCGET MAILBOXES");
	bk_imap_say(imap, " (");
	/* A word's blank before it does no harm. */
	bk_imap_say_string(imap, name);
	bk_imap_say(imap, ")");
	if (bk_imap_talk(imap, &hands, err) < 0 ||
	    refused(imap, command, err) < 0)
		return -1;
	return out->len ? 0
			: bk_fail(err, BK_GONE,
				  "the server's replication does not know the "
				  "mailbox");
}

int bk_imap_replica_apply(struct bk_imap *imap, struct bk_view what, bool force,
			  struct bk_err *err)
{
	static const struct bk_imap_hands none = {0};
	size_t forced = 0;

	bk_imap_talk_begin(imap);
	if (force) {
		forced = bk_imap_command_once(imap, "SYNCAPPLY FORCE");
		bk_imap_say(imap, " %%()");
	}
	size_t command = bk_imap_command_once(imap, "SYNCAPPLY MAILBOX");
	bk_imap_say(imap, " ");
	bk_buf_add(&imap->out, what.data, what.len);
	if (bk_imap_talk(imap, &none, err) < 0 ||
	    (force && refused(imap, forced, err) < 0))
		return -1;
	return refused(imap, command, err);
}
