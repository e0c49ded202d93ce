#include "presence_xml.h"

#define NS_CLIENT  "jabber:client"
#define NS_LAST    "jabber:iq:last"
#define NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"

static void write_status(struct xs_xml *xml, const struct xs_presence *presence)
{
    xs_xml_start(xml, "status");
    if (presence->lang != NULL)
        xs_xml_attribute(xml, "xml:lang", presence->lang);
    xs_xml_text(xml, presence->status);
    xs_xml_end(xml);
}

static void write_last(struct xs_xml *xml, int64_t elapsed_s)
{
    xs_xml_start(xml, "query");
    xs_xml_attribute(xml, "xmlns", NS_LAST);
    xs_xml_attribute_number(xml, "seconds", elapsed_s);
    xs_xml_end(xml);
}

static void start_presence(struct xs_xml *xml, const char *from, const char *type)
{
    xs_xml_start(xml, "presence");
    xs_xml_attribute(xml, "xmlns", NS_CLIENT);
    if (from != NULL)
        xs_xml_attribute(xml, "from", from);
    if (type != NULL)
        xs_xml_attribute(xml, "type", type);
}

void xs_xml_add_presence(struct xs_xml *xml, const char *from, const struct xs_presence *presence,
                         int64_t now_s)
{
    const char *show = xs_show_word(presence->show);

    start_presence(xml, from, presence->available ? NULL : "unavailable");
    if (presence->available && show != NULL) {
        xs_xml_start(xml, "show");
        xs_xml_text(xml, show);
        xs_xml_end(xml);
    }
    if (presence->status != NULL)
        write_status(xml, presence);
    if (presence->last_s != XS_LAST_UNKNOWN)
        write_last(xml, xs_last_elapsed_s(presence->last_s, now_s));
    xs_xml_end(xml);
}

void xs_xml_add_error(struct xs_xml *xml, const char *from, enum xs_condition condition)
{
    start_presence(xml, from, "error");
    xs_xml_start(xml, "error");
    xs_xml_attribute(xml, "type", xs_condition_type(condition));
    xs_xml_start(xml, xs_condition_word(condition));
    xs_xml_attribute(xml, "xmlns", NS_STANZAS);
    xs_xml_end(xml);
    xs_xml_end(xml);
    xs_xml_end(xml);
}

enum xs_error xs_xml_write_presence(struct xs_xml *xml, const char *from,
                                    const struct xs_presence *presence, int64_t now_s)
{
    xs_xml_begin(xml);
    xs_xml_add_presence(xml, from, presence, now_s);
    return xs_xml_finish(xml);
}

enum xs_error xs_xml_write_error(struct xs_xml *xml, const char *from, enum xs_condition condition)
{
    xs_xml_begin(xml);
    xs_xml_add_error(xml, from, condition);
    return xs_xml_finish(xml);
}

void xs_xml_start_presences(struct xs_xml *xml)
{
    xs_xml_start(xml, "presences");
    xs_xml_attribute(xml, "xmlns", XS_NS_STATUS);
}
