/* Reading the answer to a PROPFIND: see multistatus.h. */

#include "target/multistatus.h"

#include <ctype.h>
#include <expat.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "net/http.h"
#include "target/href.h"

#define DEPTH_MAX   64
#define TEXT_MAX    ((size_t)8 << 10)
#define ENTRIES_MAX 2000000u
#define BYTES_MAX   ((uint64_t)4 << 30)

enum element {
	ELEMENT_OTHER, /* and all in it */
	ELEMENT_TOP,   /* what the document is in */
	ELEMENT_MULTISTATUS,
	ELEMENT_RESPONSE,
	ELEMENT_HREF,
	ELEMENT_RESPONSE_STATUS,
	ELEMENT_PROPSTAT,
	ELEMENT_STATUS,
	ELEMENT_PROP,
	ELEMENT_TYPE,
	ELEMENT_COLLECTION,
	ELEMENT_LENGTH,
	ELEMENT_MODIFIED,
};

/* clang-format off */
static const struct {
	const char *name; /* namespace, space, name */
	enum element parent, element;
} elements[] = {
	{"DAV: multistatus",      ELEMENT_TOP,         ELEMENT_MULTISTATUS},
	{"DAV: response",         ELEMENT_MULTISTATUS, ELEMENT_RESPONSE},
	{"DAV: href",             ELEMENT_RESPONSE,    ELEMENT_HREF},
	{"DAV: status",           ELEMENT_RESPONSE,    ELEMENT_RESPONSE_STATUS},
	{"DAV: propstat",         ELEMENT_RESPONSE,    ELEMENT_PROPSTAT},
	{"DAV: status",           ELEMENT_PROPSTAT,    ELEMENT_STATUS},
	{"DAV: prop",             ELEMENT_PROPSTAT,    ELEMENT_PROP},
	{"DAV: resourcetype",     ELEMENT_PROP,        ELEMENT_TYPE},
	{"DAV: collection",       ELEMENT_TYPE,        ELEMENT_COLLECTION},
	{"DAV: getcontentlength", ELEMENT_PROP,        ELEMENT_LENGTH},
	{"DAV: getlastmodified",  ELEMENT_PROP,        ELEMENT_MODIFIED},
};
/* clang-format on */

struct props {
	bool typed, folder, sized;
	uint64_t size;
	int64_t mtime;
};

struct bk_multistatus {
	XML_Parser parser;
	char *path;
	int (*found)(void *arg, const struct bk_entry *entry,
		     struct bk_err *err);
	void *arg;
	struct bk_err err;
	enum element at[DEPTH_MAX];
	unsigned depth;
	uint64_t bytes;
	unsigned entries;
	bool itself; /* the folder was in it */
	struct bk_buf text, href;

	/* Of one response, and of one propstat in it. */
	bool named;
	long status, prop_status;
	struct props props, some;
};

static void refuse(struct bk_multistatus *from, const char *why)
{
	bk_fail(&from->err, BK_CORRUPT, "the listing of %s/ %s", from->path,
		why);
}

/* ---- one response ---- */

static void begin(struct bk_multistatus *from, enum element element)
{
	if (element == ELEMENT_RESPONSE) {
		from->named = false;
		from->href.len = 0;
		from->status = 0;
		from->props = (struct props){0};
	}
	if (element == ELEMENT_PROPSTAT) {
		from->prop_status = 0;
		from->some = (struct props){0};
	}
	if (element == ELEMENT_TYPE)
		from->some.typed = true;
	if (element == ELEMENT_COLLECTION)
		from->some.folder = true;
	from->text.len = 0;
}

/* Some servers put space around what stands between the tags. */
static void trim(struct bk_buf *text)
{
	size_t first = 0;

	while (text->len && isspace(text->data[text->len - 1]))
		text->len--;
	while (first < text->len && isspace(text->data[first]))
		first++;
	text->len -= first;
	if (text->len)
		memmove(text->data, text->data + first, text->len);
}

/* "HTTP/1.1 200 OK"; 0 for what is none. */
static long status_of(const char *text)
{
	const char *at = strchr(text, ' ');

	if (strncmp(text, "HTTP/", 5) != 0 || !at)
		return 0;
	for (int i = 1; i <= 3; i++)
		if (!isdigit((unsigned char)at[i]))
			return 0;
	if (at[4] && at[4] != ' ')
		return 0;
	return (at[1] - '0') * 100L + (at[2] - '0') * 10L + (at[3] - '0');
}

static void take_status(struct bk_multistatus *from, long *status)
{
	*status = status_of(bk_buf_text(&from->text));
	if (!*status)
		refuse(from, "has a status that is none");
}

static void take_href(struct bk_multistatus *from)
{
	if (from->named)
		refuse(from, "has an entry with two names");
	from->named = true;
	bk_buf_add(&from->href, from->text.data, from->text.len);
}

/* Only properties that the server could tell count. */
static void take_props(struct bk_multistatus *from)
{
	const struct props *some = &from->some;
	struct props *props = &from->props;

	if (from->prop_status / 100 != 2)
		return;
	if (some->typed) {
		props->typed = true;
		props->folder = some->folder;
	}
	if (some->sized) {
		props->sized = true;
		props->size = some->size;
	}
	if (some->mtime)
		props->mtime = some->mtime;
}

static void take_entry(struct bk_multistatus *from, const struct bk_buf *name)
{
	const struct props *props = &from->props;
	struct bk_http_answer answer = {.status = from->status};

	if (from->status == 404 || from->status == 410)
		return; /* it went while they looked */
	if (from->status) {
		bk_http_explain(&answer, &from->err);
		bk_context(&from->err, "%.*s", (int)name->len,
			   (const char *)name->data);
	} else if (!props->typed || (!props->folder && !props->sized)) {
		refuse(from, "does not say what an entry is, or how long");
	} else if (from->found) {
		(void)from->found(
			from->arg,
			&(struct bk_entry){
				.name = (const char *)name->data,
				.len = name->len,
				.kind = props->folder ? BK_ENTRY_FOLDER
						      : BK_ENTRY_FILE,
				.size = props->folder ? 0 : props->size,
				.mtime = props->mtime,
			},
			&from->err);
	}
}

static void take_response(struct bk_multistatus *from)
{
	struct bk_buf name = {0};
	int rc = bk_href_below(bk_buf_view(&from->href), from->path, &name,
			       &from->err);

	if (rc == 0 && !from->props.folder)
		refuse(from, "is that of a file");
	from->itself = from->itself || rc == 0;
	if (rc > 0 && ++from->entries > ENTRIES_MAX)
		refuse(from, "has too many entries");
	else if (rc > 0)
		take_entry(from, &name);
	bk_buf_clear(&name);
}

static void finish(struct bk_multistatus *from, enum element element)
{
	trim(&from->text);
	if (element == ELEMENT_HREF)
		take_href(from);
	if (element == ELEMENT_RESPONSE_STATUS)
		take_status(from, &from->status);
	if (element == ELEMENT_STATUS)
		take_status(from, &from->prop_status);
	/* Folders of some servers have an empty one. */
	if (element == ELEMENT_LENGTH && from->text.len)
		from->some.sized = bk_http_content_length(
			bk_buf_text(&from->text), &from->some.size);
	if (element == ELEMENT_MODIFIED)
		from->some.mtime = bk_http_date(bk_buf_text(&from->text));
	if (element == ELEMENT_PROPSTAT)
		take_props(from);
	if (element == ELEMENT_RESPONSE)
		take_response(from);
	from->text.len = 0;
}

/* ---- what expat calls ---- */

static void stop_if_failed(struct bk_multistatus *from)
{
	if (from->err.kind != BK_OK)
		(void)XML_StopParser(from->parser, XML_FALSE);
}

static enum element element_of(const struct bk_multistatus *from,
			       const char *name)
{
	enum element parent =
		from->depth ? from->at[from->depth - 1] : ELEMENT_TOP;

	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (elements[i].parent == parent &&
		    strcmp(elements[i].name, name) == 0)
			return elements[i].element;
	return ELEMENT_OTHER;
}

static void XMLCALL on_start(void *arg, const XML_Char *name,
			     const XML_Char **attributes)
{
	struct bk_multistatus *from = arg;
	enum element element = element_of(from, name);

	(void)attributes;
	if (from->err.kind != BK_OK)
		return;
	if (from->depth == 0 && element != ELEMENT_MULTISTATUS)
		refuse(from, "is no multistatus");
	else if (from->depth == DEPTH_MAX)
		refuse(from, "is nested too deep");
	else
		from->at[from->depth++] = element;
	begin(from, element);
	stop_if_failed(from);
}

static void XMLCALL on_end(void *arg, const XML_Char *name)
{
	struct bk_multistatus *from = arg;

	(void)name;
	if (from->err.kind != BK_OK)
		return;
	finish(from, from->at[--from->depth]);
	stop_if_failed(from);
}

static bool has_text(enum element element)
{
	return element == ELEMENT_HREF || element == ELEMENT_RESPONSE_STATUS ||
	       element == ELEMENT_STATUS || element == ELEMENT_LENGTH ||
	       element == ELEMENT_MODIFIED;
}

static void XMLCALL on_text(void *arg, const XML_Char *text, int len)
{
	struct bk_multistatus *from = arg;

	if (from->err.kind != BK_OK || !from->depth ||
	    !has_text(from->at[from->depth - 1]))
		return;
	if (from->text.len + (size_t)len > TEXT_MAX)
		refuse(from, "has a name that is too long");
	else
		bk_buf_add(&from->text, text, (size_t)len);
	stop_if_failed(from);
}

/* Entities would come with it. */
static void XMLCALL on_doctype(void *arg, const XML_Char *name,
			       const XML_Char *system_id,
			       const XML_Char *public_id, int internal)
{
	struct bk_multistatus *from = arg;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)internal;
	refuse(from, "has a DOCTYPE, which no listing needs");
	stop_if_failed(from);
}

/* ---- the whole ---- */

struct bk_multistatus *bk_multistatus_new(
	const char *path,
	int (*found)(void *arg, const struct bk_entry *entry,
		     struct bk_err *err),
	void *arg)
{
	struct bk_multistatus *from = bk_alloc(sizeof(*from));

	from->parser = XML_ParserCreateNS(NULL, ' ');
	if (!from->parser)
		abort(); /* as all small allocations do */
	from->path = bk_strdup(path);
	from->found = found;
	from->arg = arg;
	XML_SetUserData(from->parser, from);
	XML_SetElementHandler(from->parser, on_start, on_end);
	XML_SetCharacterDataHandler(from->parser, on_text);
	XML_SetStartDoctypeDeclHandler(from->parser, on_doctype);
	return from;
}

void bk_multistatus_free(struct bk_multistatus *from)
{
	if (!from)
		return;
	XML_ParserFree(from->parser);
	bk_buf_clear(&from->text);
	bk_buf_clear(&from->href);
	free(from->path);
	free(from);
}

static bool ends_early(enum XML_Error code)
{
	return code == XML_ERROR_NO_ELEMENTS ||
	       code == XML_ERROR_UNCLOSED_TOKEN ||
	       code == XML_ERROR_PARTIAL_CHAR ||
	       code == XML_ERROR_UNCLOSED_CDATA_SECTION;
}

static int parse(struct bk_multistatus *from, const char *data, size_t len,
		 bool last)
{
	if (XML_Parse(from->parser, data, (int)len, last) != XML_STATUS_ERROR)
		return 0;
	enum XML_Error code = XML_GetErrorCode(from->parser);
	bool early = ends_early(code);
	if (from->err.kind == BK_OK)
		bk_fail(&from->err, early ? BK_LOST : BK_CORRUPT,
			"the listing of %s/ is %s: line %lu: %s", from->path,
			early ? "not complete" : "no XML",
			(unsigned long)XML_GetCurrentLineNumber(from->parser),
			XML_ErrorString(code));
	return -1;
}

int bk_multistatus_feed(struct bk_multistatus *from, const void *data,
			size_t len, struct bk_err *err)
{
	from->bytes += len;
	if (from->bytes > BYTES_MAX || len > INT32_MAX)
		refuse(from, "is too long");
	if (from->err.kind != BK_OK || parse(from, data, len, false) < 0) {
		*err = from->err;
		return -1;
	}
	return 0;
}

int bk_multistatus_end(struct bk_multistatus *from, struct bk_err *err)
{
	int rc = from->err.kind == BK_OK ? parse(from, "", 0, true) : -1;

	if (rc == 0 && !from->itself) {
		refuse(from, "is that of another folder");
		rc = -1;
	}
	if (rc < 0)
		*err = from->err;
	return rc;
}
