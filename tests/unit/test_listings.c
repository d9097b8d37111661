/* What web servers say of a folder, and what is not believed of it. */

#include "lib/test.h"

#include <string.h>

#include "target/autoindex.h"
#include "target/multistatus.h"

static struct bk_buf names;
static struct bk_err err;

static int note(void *arg, const struct bk_entry *entry, struct bk_err *why)
{
	(void)why;
	bk_buf_printf(arg, "%.*s%s %ju %jd\n", (int)entry->len, entry->name,
		      entry->kind == BK_ENTRY_FOLDER ? "/" : "",
		      (uintmax_t)entry->size, (intmax_t)entry->mtime);
	return 0;
}

static int note_page(void *arg, const struct bk_entry *entry, bool sized,
		     struct bk_err *why)
{
	struct bk_buf *to = arg;

	note(arg, entry, why);
	if (!sized)
		bk_buf_printf(to, "  about\n");
	return 0;
}

/* Of /bk/data, fed in pieces of three bytes. */
static int read_xml(const char *xml)
{
	struct bk_multistatus *from =
		bk_multistatus_new("/bk/data", note, &names);
	size_t len = strlen(xml);
	int rc = 0;

	names.len = 0;
	err = (struct bk_err){0};
	for (size_t at = 0; rc == 0 && at < len; at += 3)
		rc = bk_multistatus_feed(from, xml + at,
					 len - at < 3 ? len - at : 3, &err);
	if (rc == 0)
		rc = bk_multistatus_end(from, &err);
	bk_multistatus_free(from);
	return rc;
}

static void refused(int rc, const char *what, enum bk_kind kind,
		    const char *text)
{
	if (rc == 0)
		fail_msg("believed: %s", what);
	if (err.kind != kind || !strstr(err.text, text))
		fail_msg("%s: kind %d, %s", what, (int)err.kind, err.text);
}

/* ---- multistatus ---- */

#define OPEN  "<d:multistatus xmlns:d='DAV:'>"
#define CLOSE "</d:multistatus>"
#define ITSELF                                                                 \
	"<d:response><d:href>/bk/data/</d:href><d:propstat><d:prop>"           \
	"<d:resourcetype><d:collection/></d:resourcetype></d:prop>"            \
	"<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
#define FILE_OF(href, size)                                                    \
	"<d:response><d:href>" href                                            \
	"</d:href><d:propstat><d:prop>"                                        \
	"<d:resourcetype/><d:getcontentlength>" size                           \
	"</d:getcontentlength></d:prop>"                                       \
	"<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"

static void folders_and_files_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(
		read_xml(
			"<?xml version='1.0'?>\n"
			"<multistatus xmlns='DAV:' xmlns:o='other:'>"
			"<response><href>/bk/data</href><propstat><prop>"
			"<resourcetype><collection/></resourcetype></prop>"
			"<status>HTTP/1.1 200 OK</status></propstat>"
			"</response>"
			"<response><href>\n http://h:1/bk/%64ata/a%26b/ </href>"
			"<propstat><prop><getcontentlength/>"
			"<resourcetype><collection/></resourcetype></prop>"
			"<status>HTTP/1.1 200 OK</status></propstat>"
			"</response>"
			"<response><href>/bk/data/c</href>"
			"<propstat><prop><resourcetype/>"
			"<getcontentlength> 12 </getcontentlength>"
			"<o:getcontentlength>13</o:getcontentlength>"
			"<getlastmodified>Sun, 06 Nov 1994 08:49:37 GMT"
			"</getlastmodified></prop>"
			"<status>HTTP/1.1 200 OK</status></propstat>"
			"<propstat><prop><getcontentlength>99"
			"</getcontentlength></prop>"
			"<status>HTTP/1.1 404 Not Found</status></propstat>"
			"</response>"
			"<response><href>/bk/data/gone</href>"
			"<status>HTTP/1.1 404 Not Found</status></response>"
			"</multistatus>"),
		0);
	assert_string_equal(bk_buf_text(&names), "a&b/ 0 0\nc 12 784111777\n");
}

static void what_is_not_complete_is_no_listing(void **state)
{
	static const char whole[] =
		OPEN ITSELF FILE_OF("/bk/data/a", "1") CLOSE;
	char cut[sizeof(whole)];

	(void)state;
	assert_int_equal(read_xml(whole), 0);
	assert_string_equal(bk_buf_text(&names), "a 1 0\n");
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		memcpy(cut, whole, n);
		cut[n] = 0;
		refused(read_xml(cut), cut, BK_LOST, "is not complete");
	}
}

static void what_lies_elsewhere_is_not_taken(void **state)
{
	static const char *const hrefs[] = {
		OPEN ITSELF FILE_OF("/bk/database", "1") CLOSE,
		OPEN ITSELF FILE_OF("/bk/data/a/b", "1") CLOSE,
		OPEN ITSELF FILE_OF("/bk/data/a%2fb", "1") CLOSE,
		OPEN ITSELF FILE_OF("/bk/data//", "1") CLOSE,
		OPEN ITSELF FILE_OF("/bk/data//a", "1") CLOSE,
		OPEN ITSELF FILE_OF("/bk/data/a?b", "1") CLOSE,
		OPEN ITSELF FILE_OF("/bk/data/a%00b", "1") CLOSE,
		OPEN ITSELF FILE_OF("/bk/data/a%zz", "1") CLOSE,
		OPEN ITSELF FILE_OF("/bk/data/a%", "1") CLOSE,
		OPEN ITSELF FILE_OF("/bk/other/a", "1") CLOSE,
		OPEN ITSELF FILE_OF("a", "1") CLOSE,
		OPEN ITSELF FILE_OF("", "1") CLOSE,
		OPEN ITSELF FILE_OF("http://host", "1") CLOSE,
		OPEN ITSELF FILE_OF("/bk", "1") CLOSE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hrefs) / sizeof(hrefs[0]); i++)
		refused(read_xml(hrefs[i]), hrefs[i], BK_CORRUPT, "none of it");
}

static void lies_are_refused(void **state)
{
	static const struct {
		const char *xml, *text;
		enum bk_kind kind;
	} lies[] = {
		{"<html><body>login</body></html>", "no multistatus",
		 BK_CORRUPT										       },
		{"<multistatus/>",                  "no multistatus",                             BK_CORRUPT      },
		{"hello",			   "no XML",				     BK_CORRUPT      },
		{OPEN CLOSE,                        "another folder",                             BK_CORRUPT      },
		{OPEN FILE_OF("/bk/data/a",         "1") CLOSE,                                   "another folder",
		 BK_CORRUPT},
		{OPEN FILE_OF("/bk/data",                                 "1") CLOSE,						       "that of a file",
		 BK_CORRUPT},
		{OPEN ITSELF FILE_OF("/bk/data/a",                        "") CLOSE,								    "how long",
		 BK_CORRUPT},
		{OPEN ITSELF FILE_OF("/bk/data/a",                       "-1") CLOSE,								      "how long",
		 BK_CORRUPT},
		{OPEN ITSELF FILE_OF("/bk/data/a","99999999999999999999")
			 CLOSE,"how long",											BK_CORRUPT},
		{OPEN ITSELF "<d:response/>" CLOSE,  "none of it",                 BK_CORRUPT                                                          },
		{OPEN ITSELF "<d:response><d:href>/bk/data/a</d:href>"
			     "<d:status>HTTP/1.1 403 No</d:status>"
			     "</d:response>" CLOSE,
		 "a: HTTP 403",					     BK_DENIED					       },
		{OPEN ITSELF "<d:response><d:href>/bk/data/a</d:href>"
			     "<d:status>fine</d:status></d:response>" CLOSE,
		 "a status that is none",                            BK_CORRUPT										    },
		{OPEN ITSELF "<d:response><d:href>/bk/data/a</d:href>"
			     "<d:href>/bk/data/b</d:href></d:response>" CLOSE,
		 "two names",   BK_CORRUPT									  },
		{OPEN ITSELF CLOSE "<x/>",                                 "no XML", BK_CORRUPT										      },
		{"<!DOCTYPE d [<!ENTITY a 'aaaa'>]>" OPEN ITSELF CLOSE,
		 "DOCTYPE",						      BK_CORRUPT},
		{OPEN ITSELF "<d:response><d:href>/bk/data/&a;</d:href>"
			     "</d:response>" CLOSE,
		 "no XML",                         BK_CORRUPT											},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		refused(read_xml(lies[i].xml), lies[i].xml, lies[i].kind,
			lies[i].text);
}

static void what_is_too_much_is_refused(void **state)
{
	struct bk_buf xml = {0};

	(void)state;
	bk_buf_printf(&xml, OPEN ITSELF "<d:response><d:href>/bk/data/");
	for (int i = 0; i < 1000; i++)
		bk_buf_printf(&xml, "0123456789");
	refused(read_xml(bk_buf_text(&xml)), "a long name", BK_CORRUPT,
		"too long");
	xml.len = 0;
	for (int i = 0; i < 100; i++)
		bk_buf_printf(&xml, OPEN);
	refused(read_xml(bk_buf_text(&xml)), "deep", BK_CORRUPT, "too deep");
	bk_buf_clear(&xml);
}

/* ---- pages ---- */

static int read_page(const char *type, const char *page)
{
	struct bk_view view = {(const uint8_t *)page, strlen(page)};

	names.len = 0;
	err = (struct bk_err){0};
	return bk_autoindex_read(view, type, note_page, &names, &err);
}

#define HEAD "<html>\r\n<head><title>Index of /bk/</title></head>\r\n"
#define FOOT "</pre><hr></body>\r\n</html>\r\n"

static void a_page_of_nginx_is_read(void **state)
{
	(void)state;
	assert_int_equal(read_page("text/html; charset=utf-8", HEAD
				   "<h1>Index of /</h1><hr><pre>"
				   "<a href=\"../\">../</a>\r\n"
				   "<a href=\"aa/\">aa/</a>     "
				   "22-Nov-2026 03:37       -\r\n"
				   "<a href=\"Other%20file\">Other file</a> "
				   "22-Nov-2026 03:37       0\r\n"
				   "<a href=\"bkrepo\">bkrepo</a>  "
				   "22-Nov-2026 03:37       64\r\n"
				   "<a href=\"p0.bkp\">p0.bkp</a>  "
				   "22-Nov-2026 03:37       5M\r\n" FOOT),
			 0);
	assert_string_equal(bk_buf_text(&names),
			    "aa/ 0 0\nbkrepo 64 0\np0.bkp 0 0\n  about\n");
}

static void a_page_of_apache_is_read(void **state)
{
	(void)state;
	assert_int_equal(
		read_page("text/html;charset=ISO-8859-1",
			  "<!DOCTYPE HTML PUBLIC \"x\">\n<html>\n <head>\n"
			  "  <title>Index of /bk</title>\n </head>\n"
			  "<pre>      <a href=\"?C=N;O=D\">Name</a>  "
			  "<a href=\"?C=S;O=A\">Size</a><hr>"
			  "      <a href=\"/\">Parent Directory</a>   -   \n"
			  "      <a href=\"aa/\">aa/</a>   "
			  "2026-11-22 03:37    -   \n"
			  "      <a href=\"bkrepo\">bkrepo</a>   "
			  "2026-11-22 03:37    5   \n"
			  "<tr><td><a href=\"b.bkp\">b.bkp</a></td>"
			  "<td align=\"right\">2026-11-22 03:37  </td>\n"
			  "<li><a href=\"c.bkp\"> c.bkp</a></li>\n"
			  "<hr></pre>\n</body></html>\n"),
		0);
	assert_string_equal(bk_buf_text(&names),
			    "aa/ 0 0\nbkrepo 5 0\nb.bkp 0 0\n  about\n"
			    "c.bkp 0 0\n  about\n");
}

static void json_of_nginx_is_read(void **state)
{
	static const char whole[] =
		"[\r\n{ \"name\":\"aa\", \"type\":\"directory\", "
		"\"mtime\":\"Sun, 06 Nov 1994 08:49:37 GMT\" },\r\n"
		"{ \"name\":\"O\\\"<]\", \"type\":\"file\", \"size\":0 },\r\n"
		"{ \"name\":\"bkrepo\", \"type\":\"file\", \"mtime\":\"x\", "
		"\"size\":64 }\r\n]";
	char cut[sizeof(whole)];

	(void)state;
	assert_int_equal(read_page("application/json", whole), 0);
	assert_string_equal(bk_buf_text(&names),
			    "aa/ 0 784111777\nbkrepo 64 0\n");
	assert_int_equal(read_page("application/json", "[\r\n]\n"), 0);
	assert_int_equal(names.len, 0);
	for (size_t n = 1; n < sizeof(whole) - 1; n++) {
		memcpy(cut, whole, n);
		cut[n] = 0;
		assert_int_equal(read_page("application/json", cut), -1);
	}
	refused(read_page("application/json", "{}"), "{}", BK_CORRUPT,
		"no JSON");
	refused(read_page("application/json", "[] x"), "[] x", BK_CORRUPT,
		"no JSON");
}

static void other_pages_are_no_listings(void **state)
{
	(void)state;
	refused(read_page("text/html",
			  "<html><title>Welcome</title><a href=\"x\">x</a>"
			  "</html>"),
		"a page", BK_DENIED, "cannot be listed");
	refused(read_page("text/plain", HEAD FOOT), "text", BK_DENIED,
		"cannot be listed");
	refused(read_page(NULL, HEAD FOOT), "nothing", BK_DENIED,
		"cannot be listed");
	refused(read_page("text/html", ""), "empty", BK_DENIED,
		"cannot be listed");
	refused(read_page("text/html", HEAD "<a href=\"a.b\">a.b</a>\n"), "cut",
		BK_LOST, "not complete");
	refused(read_page("text/html", HEAD "<a href=\"a.b\n" FOOT), "broken",
		BK_CORRUPT, "a link that is none");
}

static int drop(void **state)
{
	(void)state;
	bk_buf_clear(&names);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_and_files_are_told_apart),
		cmocka_unit_test(what_is_not_complete_is_no_listing),
		cmocka_unit_test(what_lies_elsewhere_is_not_taken),
		cmocka_unit_test(lies_are_refused),
		cmocka_unit_test(what_is_too_much_is_refused),
		cmocka_unit_test(a_page_of_nginx_is_read),
		cmocka_unit_test(a_page_of_apache_is_read),
		cmocka_unit_test(json_of_nginx_is_read),
		cmocka_unit_test(other_pages_are_no_listings),
	};

	return cmocka_run_group_tests(tests, NULL, drop);
}
