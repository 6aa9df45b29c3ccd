from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def control(field: BoundField, css_class: str) -> SafeString:
    """The field's widget, without a placeholder: ours have labels, allauth's would repeat them."""
    return field.as_widget(attrs={"class": css_class, "placeholder": False})
