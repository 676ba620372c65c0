source.data.value = values[cb_obj.value];
source.change.emit();
