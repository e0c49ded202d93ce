-- Shows xmpp-status-bot the presence of every user of a domain, on Prosody 0.12 or later.
--
-- One copy for each domain: replace example.org by its name (three times), put it where Prosody
-- includes it, on Debian as /etc/prosody/conf.d/xmpp-status-DOMAIN.cfg.lua, and see README.md for the
-- rest.
-- The VirtualHost itself, with its certificate, stays where it is: Prosody puts both together.

VirtualHost "example.org"

  -- Added to the modules of the whole server. But a VirtualHost has only one such list: if yours
  -- has one already, add the two names there and remove this one.
  --   privilege     from Debian's prosody-modules; grants what follows
  --   lastactivity  since when somebody is gone
  modules_enabled = { "privilege"; "lastactivity" }

  -- The account that the bot logs in with. It may see everybody's presence without their consent
  -- being asked for, and ask when somebody was last there; nothing else.
  privileged_entities = {
    ["presence@example.org"] = {
      presence = "managed_entity";
      iq = { ["jabber:iq:last"] = "get" };
    };
  }

  -- mod_limits, which Debian's configuration enables, slows down clients that send much. Not the
  -- bot, which may have to ask after many users, and whose signs of life must not come late.
  unlimited_jids = { "presence@example.org" }
