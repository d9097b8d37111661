/* Carrying acts out on a connection: see link.h. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "net/link.h"
#include "net/link_why.h"
#include "net/quickack.h"

#define REPLIES_MAX   ((size_t)64 << 10)
#define COMPLAINT_MAX ((size_t)4 << 10)
#define POLL_MS       500
/* Over FTP this libcurl (7.88) sleeps on data that TLS has, and between a reply
 * and the connection that it makes then. */
#define POLL_FTP_LEAST_MS 1
#define POLL_FTP_MOST_MS  20
#define POLL_FTP_SHORT    50

/* ---- what libcurl calls ---- */

static void keep(struct bk_buf *buf, const char *data, size_t n, size_t limit)
{
	size_t room = buf->len < limit ? limit - buf->len : 0;

	bk_buf_add(buf, data, n < room ? n : room);
}

static bool is_http(const struct bk_line *line)
{
	const struct bk_url *url = bk_link_url(line->link);

	return strncmp(url->transport, "http", 4) == 0;
}

static bool is_ftp(const struct bk_line *line)
{
	const struct bk_url *url = bk_link_url(line->link);

	return strncmp(url->transport, "ftp", 3) == 0;
}

static bool is_imap(const struct bk_line *line)
{
	const struct bk_url *url = bk_link_url(line->link);

	return strncmp(url->transport, "imap", 4) == 0;
}

static size_t take_reply(char *data, size_t size, size_t n, void *arg)
{
	struct bk_line *line = arg;
	size_t len = size * n;

	/* Of an act that libcurl asks for twice (a login that needs a
	 * challenge) only the last answer counts. */
	if (is_http(line) && len > 5 && memcmp(data, "HTTP/", 5) == 0) {
		line->replies.len = line->complaint.len = 0;
		line->answered = true;
	}
	keep(&line->replies, data, len, REPLIES_MAX);
	if (is_imap(line) || (is_http(line) && len == 2 && data[0] == '\r'))
		bk_quickack(line);
	return len;
}

/* Before each request of an act: what was answered to the one before is no
 * answer to this one. */
static int begin_request(void *arg, char *to, char *from, int to_port,
			 int from_port)
{
	struct bk_line *line = arg;

	(void)to;
	(void)from;
	(void)to_port;
	(void)from_port;
	line->answered = false;
	return CURL_PREREQFUNC_OK;
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
	struct bk_line *line = arg;
	size_t len = size * n;

	if (is_http(line) && bk_line_status(line) / 100 != 2) {
		keep(&line->complaint, data, len, COMPLAINT_MAX);
		return len;
	}
	if (line->to &&
	    line->to->write(line->to, data, len, &line->sink_err) < 0)
		return CURL_WRITEFUNC_ERROR;
	return len;
}

static size_t give_body(char *into, size_t size, size_t n, void *arg)
{
	struct bk_line *line = arg;
	size_t len = size * n;

	if (line->left.len == 0) {
		if (line->ended)
			return 0;
		line->waiting = true;
		return CURL_READFUNC_PAUSE;
	}
	len = line->left.len < len ? line->left.len : len;
	memcpy(into, line->left.data, len);
	line->left.data += len;
	line->left.len -= len;
	return len;
}

/* Called at every turn: the one place that sees a stall in all protocols. */
static int look_at_progress(void *arg, curl_off_t to_come, curl_off_t came,
			    curl_off_t to_go, curl_off_t went)
{
	struct bk_line *line = arg;
	const struct bk_access *access = bk_link_access(line->link);
	int64_t now = bk_clock_monotonic_ms();
	uint32_t timeout_s =
		access->timeout_s ? access->timeout_s : BK_ACCESS_TIMEOUT_S;

	(void)to_come;
	(void)to_go;
	if (came + went != line->moved) {
		line->moved = came + went;
		line->moved_ms = now;
	}
	line->stalled = now - line->moved_ms >= (int64_t)timeout_s * 1000;
	return line->stalled || (!line->tidying && bk_cancel_wanted());
}

/* ---- running ---- */

static void start(struct bk_line *line)
{
	CURL *easy = line->easy;

	line->done = line->waiting = line->stalled = line->answered = false;
	line->result = CURLE_OK;
	line->moved = 0;
	line->moved_ms = bk_clock_monotonic_ms();
	line->error[0] = 0;
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, line->error);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_reply);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, line);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, begin_request);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, line);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, line);
	(void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION,
			       look_at_progress);
	(void)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, line);
	(void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	if (is_http(line))
		(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, line->headers);
	if (is_http(line) || is_imap(line))
		bk_quickack_watch(line);
	line->running = curl_multi_add_handle(line->multi, easy) == CURLM_OK;
	if (!line->running) {
		line->done = true;
		line->result = CURLE_FAILED_INIT;
	}
}

void bk_line_stop(struct bk_line *line)
{
	if (line->running)
		(void)curl_multi_remove_handle(line->multi, line->easy);
	line->running = false;
}

/* After some failures of FTP, libcurl keeps a connection on which a reply is
 * still to come, and would take it for the reply to what it asks next: only
 * after a plain refusal it is known that none is. */
static void drop_connection(struct bk_line *line)
{
	if (!is_ftp(line) || line->result == CURLE_FTP_COULDNT_RETR_FILE ||
	    line->result == CURLE_REMOTE_FILE_NOT_FOUND ||
	    line->result == CURLE_UPLOAD_FAILED)
		return;
	/* Its TLS sessions go with it: FTP servers let a data connection
	 * resume that of their own control connection only. */
	line->renewed = true;
	(void)curl_multi_cleanup(line->multi);
	line->multi = curl_multi_init();
	if (!line->multi)
		abort(); /* as all small allocations do */
}

static void see_whether_it_is_done(struct bk_line *line)
{
	CURLMsg *message;
	int more;

	while ((message = curl_multi_info_read(line->multi, &more)))
		if (message->msg == CURLMSG_DONE) {
			line->done = true;
			line->result = message->data.result;
		}
}

/* From the first byte of a body on libcurl wakes up for what matters, but for
 * what comes over TLS.  On a slow line short waits would be a thousand a
 * second. */
static bool is_in_body(const struct bk_line *line)
{
	const struct bk_url *url = bk_link_url(line->link);

	return line->moved > 0 &&
	       (!line->ended || strcmp(url->transport, "ftp") == 0);
}

/* How long to wait, after so many waits in which nothing happened. */
static int wait_ms(const struct bk_line *line, unsigned idle)
{
	if (!is_ftp(line))
		return POLL_MS;
	if (is_in_body(line))
		return POLL_FTP_MOST_MS;
	return idle < POLL_FTP_SHORT ? POLL_FTP_LEAST_MS : POLL_FTP_MOST_MS;
}

/* Until the act is over, or it waits for bytes to send. */
static void drive(struct bk_line *line)
{
	int running, events = 0;
	unsigned idle = 0;

	while (!line->done) {
		CURLMcode code = curl_multi_perform(line->multi, &running);
		see_whether_it_is_done(line);
		if (line->done || line->waiting)
			break;
		if (code == CURLM_OK)
			code = curl_multi_poll(line->multi, NULL, 0,
					       wait_ms(line, idle), &events);
		idle = events ? 0 : idle + 1;
		if (code != CURLM_OK) {
			line->done = true;
			line->result = CURLE_FAILED_INIT;
		}
	}
}

/* An HTTP server may answer, and close, before it has read everything: then
 * its answer tells more than the broken stream. */
static bool was_refused(const struct bk_line *line)
{
	return is_http(line) && line->answered && bk_line_status(line) >= 400 &&
	       (line->result == CURLE_SEND_ERROR ||
		line->result == CURLE_RECV_ERROR);
}

static int finish(struct bk_line *line, struct bk_err *err)
{
	bk_line_stop(line);
	if (line->result == CURLE_OK || was_refused(line))
		return 0;
	drop_connection(line);
	return bk_line_why(line, err);
}

void bk_line_into(struct bk_line *line, struct bk_sink *to)
{
	line->to = to;
}

int bk_line_run(struct bk_line *line, struct bk_err *err)
{
	line->ended = true;
	line->left = (struct bk_view){0};
	start(line);
	drive(line);
	return finish(line, err);
}

int bk_line_hold(struct bk_line *line, struct bk_err *err)
{
	line->ended = true;
	line->left = (struct bk_view){0};
	(void)curl_easy_setopt(line->easy, CURLOPT_CONNECT_ONLY, 1L);
	(void)curl_easy_setopt(line->easy, CURLOPT_FRESH_CONNECT, 1L);
	start(line);
	drive(line);
	return line->result == CURLE_OK ? 0 : finish(line, err);
}

int bk_line_send_begin(struct bk_line *line, uint64_t length,
		       struct bk_err *err)
{
	curl_off_t size = length == BK_LINE_UNKNOWN ? -1 : (curl_off_t)length;

	line->ended = false;
	line->left = (struct bk_view){0};
	(void)curl_easy_setopt(line->easy, CURLOPT_UPLOAD, 1L);
	(void)curl_easy_setopt(line->easy, CURLOPT_INFILESIZE_LARGE, size);
	(void)curl_easy_setopt(line->easy, CURLOPT_READFUNCTION, give_body);
	(void)curl_easy_setopt(line->easy, CURLOPT_READDATA, line);
	start(line);
	return bk_line_send(line, NULL, 0, err);
}

int bk_line_send(struct bk_line *line, const void *data, size_t len,
		 struct bk_err *err)
{
	line->left = (struct bk_view){data, len};
	/* The time that the caller took for these bytes is no stall. */
	line->moved_ms = bk_clock_monotonic_ms();
	if (line->waiting && len > 0) {
		line->waiting = false;
		(void)curl_easy_pause(line->easy, CURLPAUSE_CONT);
	}
	drive(line);
	if (line->done && line->result != CURLE_OK && !was_refused(line))
		return finish(line, err);
	return 0;
}

int bk_line_send_end(struct bk_line *line, struct bk_err *err)
{
	line->ended = true;
	line->moved_ms = bk_clock_monotonic_ms();
	if (line->waiting) {
		line->waiting = false;
		(void)curl_easy_pause(line->easy, CURLPAUSE_CONT);
	}
	drive(line);
	return finish(line, err);
}

long bk_line_status(const struct bk_line *line)
{
	long status = 0;

	(void)curl_easy_getinfo(line->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

const char *bk_line_reply(struct bk_line *line)
{
	bk_reply_last(line->reply, bk_buf_view(&line->replies));
	return line->reply;
}
