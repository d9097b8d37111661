/* Carrying acts out on a connection: see link.h. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "net/link.h"
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
	if (is_http(line) && len == 2 && data[0] == '\r')
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

/* ---- what went wrong ---- */

static const struct {
	CURLcode code;
	enum bk_kind kind;
	const char *advice;
} failures[] = {
  /* SSH, when its handshake broke off. */
	{CURLE_FAILED_INIT,              BK_LOST,    NULL                          },
	{CURLE_UNSUPPORTED_PROTOCOL,     BK_MISUSE,
	 "this libcurl was built without it"                                       },
	{CURLE_URL_MALFORMAT,            BK_MISUSE,  NULL                          },
	{CURLE_COULDNT_RESOLVE_PROXY,    BK_LOST,    "is the proxy's name right?"  },
	{CURLE_COULDNT_RESOLVE_HOST,     BK_LOST,
	 "is the name right, and does the name server answer?"                     },
	{CURLE_COULDNT_CONNECT,          BK_LOST,
	 "is the server running, and its port open from here?"                     },
	{CURLE_WEIRD_SERVER_REPLY,       BK_LOST,
	 "is this the right port for this protocol?"                               },
	{CURLE_REMOTE_ACCESS_DENIED,     BK_DENIED,
	 "may this login use this folder?"                                         },
	{CURLE_FTP_ACCEPT_FAILED,        BK_LOST,    NULL                          },
	{CURLE_FTP_WEIRD_PASS_REPLY,     BK_LOST,    NULL                          },
	{CURLE_HTTP2,                    BK_LOST,    NULL                          },
	{CURLE_HTTP2_STREAM,             BK_LOST,    NULL                          },
	{CURLE_PARTIAL_FILE,             BK_LOST,    NULL                          },
	{CURLE_UPLOAD_FAILED,            BK_REFUSED, NULL                          },
	{CURLE_OPERATION_TIMEDOUT,       BK_LOST,    NULL                          },
	{CURLE_SSL_CONNECT_ERROR,        BK_LOST,
	 "does the server speak TLS 1.2 or newer on this port?"                    },
	{CURLE_LDAP_CANNOT_BIND,         BK_DENIED,  NULL                          },
	{CURLE_GOT_NOTHING,              BK_LOST,    NULL                          },
	{CURLE_SSL_ENGINE_NOTFOUND,      BK_MISUSE,  NULL                          },
	{CURLE_SEND_ERROR,               BK_LOST,    NULL                          },
	{CURLE_RECV_ERROR,               BK_LOST,    NULL                          },
	{CURLE_SSL_CERTPROBLEM,          BK_MISUSE,
	 "are client-cert and client-key right?"                                   },
	{CURLE_PEER_FAILED_VERIFICATION, BK_DENIED,  NULL                          },
	{CURLE_USE_SSL_FAILED,           BK_DENIED,
	 "this server offers no TLS here; is it ftps:// or another port?"          },
	{CURLE_SEND_FAIL_REWIND,         BK_LOST,    NULL                          },
	{CURLE_LOGIN_DENIED,             BK_DENIED,  "are user and password right?"},
	{CURLE_REMOTE_DISK_FULL,         BK_FULL,    NULL                          },
	{CURLE_REMOTE_FILE_NOT_FOUND,    BK_GONE,    NULL                          },
	{CURLE_SSL_CACERT_BADFILE,       BK_MISUSE,  "is ca = FILE right?"         },
	{CURLE_SSH,		      BK_LOST,    NULL                          },
	{CURLE_SSL_SHUTDOWN_FAILED,      BK_LOST,    NULL                          },
	{CURLE_SSL_PINNEDPUBKEYNOTMATCH, BK_DENIED,
	 "its key is not the one that pin names: a new certificate, or another "
	 "server"								  },
	{CURLE_PROXY,                    BK_LOST,    "is the proxy right?"         },
	{CURLE_SSL_CLIENTCERT,           BK_DENIED,
	 "the server wants a client's certificate: client-cert = FILE"             },
};

static bool is_ftp(const struct bk_line *line)
{
	const struct bk_url *url = bk_link_url(line->link);

	return strncmp(url->transport, "ftp", 3) == 0;
}

/* Is it what an FTP server said that ended the act?  421 comes at any time, and
 * libcurl calls it a time-out. */
static bool was_replied(const struct bk_line *line)
{
	static const CURLcode codes[] = {
		CURLE_WEIRD_SERVER_REPLY,    CURLE_REMOTE_ACCESS_DENIED,
		CURLE_FTP_WEIRD_PASS_REPLY,  CURLE_FTP_WEIRD_PASV_REPLY,
		CURLE_FTP_COULDNT_SET_TYPE,  CURLE_PARTIAL_FILE,
		CURLE_FTP_COULDNT_RETR_FILE, CURLE_QUOTE_ERROR,
		CURLE_UPLOAD_FAILED,         CURLE_FTP_COULDNT_USE_REST,
		CURLE_USE_SSL_FAILED,        CURLE_LOGIN_DENIED,
		CURLE_REMOTE_DISK_FULL,      CURLE_REMOTE_FILE_NOT_FOUND,
	};
	long status = bk_line_status(line);

	if (!is_ftp(line) || status < 400)
		return false;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i] == line->result)
			return true;
	return status == 421 && line->result == CURLE_OPERATION_TIMEDOUT;
}

static enum bk_kind kind_of_reply(const struct bk_line *line, const char *reply)
{
	enum bk_kind kind = bk_reply_kind(reply);
	bool passes = kind == BK_BUSY || kind == BK_LOST;

	/* A login may be refused by any code. */
	return (line->result == CURLE_LOGIN_DENIED ||
		line->result == CURLE_USE_SSL_FAILED) &&
			       !passes
		       ? BK_DENIED
		       : kind;
}

static const char *advice_for(CURLcode result)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].code == result)
			return failures[i].advice;
	return NULL;
}

static int failed_by_reply(struct bk_line *line, struct bk_err *err)
{
	const char *reply = bk_line_reply(line);
	enum bk_kind kind = kind_of_reply(line, reply);
	const char *advice =
		kind == BK_DENIED ? advice_for(line->result) : NULL;

	return bk_fail(err, kind, "the server says \"%s\"%s%s", reply,
		       advice ? "; " : "", advice ? advice : "");
}

/* What is wrong with a certificate, as OpenSSL counts: X509_V_ERR_*. */
static const char *certificate_advice(const struct bk_line *line)
{
	const struct bk_url *url = bk_link_url(line->link);
	long result = 0;

	if (strcmp(url->transport, "sftp") == 0)
		return NULL; /* a host's key: libcurl says what is wrong */
	(void)curl_easy_getinfo(line->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	if (result <= 1) /* it was not looked at that far */
		return "it is for another name: is the host in the URL right?";
	if (result == 9 || result == 10)
		return "it must be renewed there, unless the clock of this "
		       "host is wrong";
	return "if it is the right server, give the certificate of its "
	       "authority: ca = FILE";
}

static const char *advice_of(const struct bk_line *line, const char *text,
			     const char *advice)
{
	static const char *const words[] = {"version", "protocol", "cipher",
					    "http request", "handshake"};
	if (line->result == CURLE_PEER_FAILED_VERIFICATION)
		return certificate_advice(line);
	if (line->result != CURLE_SSL_CONNECT_ERROR)
		return advice;
	/* Was there nothing that both speak, or did it just break? */
	size_t i = 0;
	while (i < 5 && !strcasestr(text, words[i]))
		i++;
	return i < 5 ? advice : NULL;
}

static int failed_by_libcurl(const struct bk_line *line, const char *text,
			     struct bk_err *err)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].code != line->result)
			continue;
		const char *advice = advice_of(line, text, failures[i].advice);
		return bk_fail(err, failures[i].kind, "%s%s%s", text,
			       advice ? "; " : "", advice ? advice : "");
	}
	return bk_fail(err, BK_FAILED, "%s (libcurl %d)", text,
		       (int)line->result);
}

static int failed(struct bk_line *line, struct bk_err *err)
{
	const struct bk_access *access = bk_link_access(line->link);
	const char *text = line->error[0] ? line->error
			   : line->result == CURLE_SSH
				   ? "the connection broke"
				   : curl_easy_strerror(line->result);

	if (line->sink_err.kind != BK_OK) {
		*err = line->sink_err;
		return -1;
	}
	if (was_replied(line))
		return failed_by_reply(line, err);
	if (line->result == CURLE_ABORTED_BY_CALLBACK && line->stalled)
		return bk_fail(err, BK_LOST,
			       "nothing came or went for %u s; is the network "
			       "up?",
			       access->timeout_s ? access->timeout_s
						 : BK_ACCESS_TIMEOUT_S);
	if (line->result == CURLE_ABORTED_BY_CALLBACK)
		return bk_cancelled(err) < 0
			       ? -1
			       : bk_fail(err, BK_CANCELLED, "interrupted");
	return failed_by_libcurl(line, text, err);
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
	if (is_http(line)) {
		(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, line->headers);
		bk_quickack_watch(line);
	}
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

/* How long to wait, after so many waits in which nothing happened. */
static int wait_ms(const struct bk_line *line, unsigned idle)
{
	if (!is_ftp(line))
		return POLL_MS;
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
	return failed(line, err);
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
