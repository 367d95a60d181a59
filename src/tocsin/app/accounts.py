"""The accounts elsewhere that settings name: at Twilio, at Telegram, at a provider of OpenID Connect."""

from tocsin.channels.telegram import Bot
from tocsin.channels.twilio import Twilio
from tocsin.settings import Settings
from tocsin.web.oidc import Provider


def twilio_of(settings: Settings) -> Twilio | None:
    """Return the account at Twilio that *settings* name, if they do."""
    if not (settings.twilio_account_sid and settings.twilio_auth_token and settings.twilio_from):
        return None
    return Twilio(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        sender=settings.twilio_from,
        api_url=settings.twilio_api_url,
    )


def bot_of(settings: Settings) -> Bot | None:
    """Return the bot at Telegram that *settings* name, if they do."""
    if not settings.telegram_bot_token:
        return None
    return Bot(
        token=settings.telegram_bot_token,
        api_url=settings.telegram_api_url,
        replies=settings.telegram_replies == "on",
    )


def provider_of(settings: Settings) -> Provider | None:
    """Return the provider of OpenID Connect that *settings* name, if they do."""
    if not settings.oidc_issuer:
        return None
    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        name=settings.oidc_name,
        scopes=settings.oidc_scopes,
    )
