/* Mail given to a server: see smtp.h. */

#include "net/smtp.h"

#include <stdlib.h>
#include <string.h>

static bool is_smtp(const struct bk_link *link)
{
	const char *transport = bk_link_url(link)->transport;

	return strcmp(transport, "smtp") == 0 ||
	       strcmp(transport, "smtps") == 0;
}

/* An address ends where its angle bracket does, and a command with its line. */
static int check_address(const char *address, struct bk_err *err)
{
	for (const char *c = address; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == '<' || *c == '>' ||
		    *c == 0x7f)
			return bk_fail(err, BK_MISUSE,
				       "'%s' is no address for a mail",
				       address);
	return 0;
}

static int add_all(const struct bk_smtp_mail *mail, struct curl_slist **list,
		   struct bk_err *err)
{
	for (size_t i = 0; i < mail->n_to; i++) {
		if (!*mail->to[i])
			return bk_fail(err, BK_MISUSE, "a mail to nobody");
		if (check_address(mail->to[i], err) < 0)
			return -1;
		struct curl_slist *more = curl_slist_append(*list, mail->to[i]);
		if (!more)
			abort(); /* as all small allocations do */
		*list = more;
	}
	return mail->n_to ? 0 : bk_fail(err, BK_MISUSE, "a mail to nobody");
}

static int send_it(struct bk_line *line, const struct bk_smtp_mail *mail,
		   struct curl_slist *to, struct bk_err *err)
{
	/* "" would be no MAIL at all, but a command. */
	const char *from = *mail->from ? mail->from : "<>";

	bk_line_to(line, "/");
	(void)curl_easy_setopt(line->easy, CURLOPT_MAIL_FROM, from);
	(void)curl_easy_setopt(line->easy, CURLOPT_MAIL_RCPT, to);
	(void)curl_easy_setopt(line->easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS,
			       (long)(mail->refused != NULL));
	if (bk_line_send_begin(line, mail->message.len, err) < 0 ||
	    bk_line_send(line, mail->message.data, mail->message.len, err) < 0)
		return -1;
	return bk_line_send_end(line, err);
}

/* It said 354 (RFC 5321 4.2.3): the line end before that, or NULL. */
static const char *data_reply(const struct bk_line *line)
{
	return memmem(line->replies.data, line->replies.len, "\n354", 4);
}

/* The start of the last line that ends before `end`. */
static const char *line_before(const char *start, const char *end)
{
	const char *before = memrchr(start, '\n', (size_t)(end - start));

	return before ? before + 1 : start;
}

/* What is said just before 354 is said of one address after the other; of
 * several lines the last one has a blank behind its number. */
static void find_refused(const struct bk_line *line,
			 const struct bk_smtp_mail *mail)
{
	const char *start = (const char *)line->replies.data;
	const char *end = data_reply(line);

	for (size_t i = mail->n_to; end && end > start && i > 0;) {
		const char *said = line_before(start, end);
		int n = (int)(end - said);
		end = said > start ? said - 1 : start;
		if (n < 4 || said[3] == '-')
			continue;
		i--;
		if (*said == '2')
			continue;
		char *text = bk_asprintf("%s: %.*s", mail->to[i],
					 (int)strcspn(said, "\r\n"), said);
		bk_names_add(mail->refused, text);
		free(text);
	}
}

int bk_smtp_send(struct bk_link *link, const struct bk_smtp_mail *mail,
		 struct bk_err *err)
{
	struct curl_slist *to = NULL;

	if (!is_smtp(link))
		return bk_fail(err, BK_MISUSE,
			       "%s: write smtp://HOST or smtps://HOST",
			       bk_link_url(link)->text);
	if (check_address(mail->from, err) < 0 || add_all(mail, &to, err) < 0) {
		curl_slist_free_all(to);
		return -1;
	}
	struct bk_line *line = bk_link_take(link);
	int rc = send_it(line, mail, to, err);
	if (rc < 0 && err->kind == BK_LOST && data_reply(line))
		err->kind = BK_UNSAFE;
	if (rc == 0 && mail->refused)
		find_refused(line, mail);
	bk_link_give(line);
	curl_slist_free_all(to);
	return rc < 0 ? bk_context(err, "%s", bk_link_url(link)->text) : 0;
}
