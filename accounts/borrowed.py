"""Words of allauth's pages and mails that our catalogues say otherwise: its German, for one, says
Sie, and calls a username something else. They stand here for bin/words to find; ours go first."""

from django.utils.translation import gettext_noop as _

WORDS = [
    _("Username"),
    _("Username can not be used. Please use other username."),
    _("The username and/or password you specified are not correct."),
    _("In case you forgot, your username is %(username)s."),
    _("Please reauthenticate to safeguard your account."),
    _("Enter your password:"),
    _("You are receiving this mail because the following change was made to your account:"),
    _(
        "If you do not recognize this change then please take proper security precautions"
        " immediately. The change to your account originates from:\n\n- IP address: %(ip)s\n-"
        " Browser: %(user_agent)s\n- Date: %(timestamp)s"
    ),
    _("Your email has been changed from %(from_email)s to %(to_email)s."),
    _("Your email has been confirmed."),
    _("To confirm this is correct, go to %(activate_url)s"),
    _(
        "You're receiving this email because user %(user_display)s has given your email address"
        " to register an account on %(site_domain)s."
    ),
    _("Email address %(deleted_email)s has been removed from your account."),
    _("This mail can be safely ignored if you did not initiate this action."),
    _("Your password has been reset."),
    _("Your password has been set."),
    _("If it was you, you can sign up for an account using the link below."),
    _(
        "You are receiving this email because you, or someone else, tried to access an account"
        " with email %(email)s. However, we do not have any record of such an account in our"
        " database."
    ),
]
